package culvert.net;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Cancels an operation of several blocking steps from another thread. Before each step, the thread
 * that runs the operation registers an action that ends the step, such as closing a connection;
 * {@link #cancel} runs the action of the step in progress. Each action runs at most once.
 *
 * <p>Any thread may call any method. Actions must not block.
 */
public final class Cancellation {

  /** Actions that do nothing; a lambda could not be compared, since its identity is unspecified. */
  private enum Marker implements Runnable {
    /** No step has been registered. */
    IDLE,
    /** {@link #cancel} was called. */
    CANCELLED;

    @Override
    public void run() {}
  }

  private final AtomicReference<Runnable> action = new AtomicReference<>(Marker.IDLE);

  /** Creates a cancellation that has not been requested. */
  public Cancellation() {}

  /**
   * Replaces the action that ends the current step. If {@link #cancel} was called before, the
   * action runs at once, in the calling thread.
   */
  public void onCancel(Runnable next) {
    Runnable current = action.get();
    while (current != Marker.CANCELLED && !action.compareAndSet(current, next)) {
      current = action.get();
    }
    if (current == Marker.CANCELLED) {
      next.run();
    }
  }

  /** Ends the step in progress and every later one. Later calls have no effect. */
  public void cancel() {
    action.getAndSet(Marker.CANCELLED).run();
  }

  /** Returns whether {@link #cancel} was called. */
  public boolean isCancelled() {
    return action.get() == Marker.CANCELLED;
  }
}
