package culvert.net;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Cancels an operation of several blocking steps from another thread. The thread that runs the
 * operation registers before each step the action that ends it, in practice closing a connection;
 * {@link #cancel} runs the action of the step in progress. Each action runs at most once.
 *
 * <p>Any thread may call any method; none blocks unless an action does, which it must not.
 */
public final class Cancellation {

  private static final Runnable CANCELLED = () -> {};

  private final AtomicReference<Runnable> action = new AtomicReference<>(() -> {});

  /** Creates a cancellation that has not been requested. */
  public Cancellation() {}

  /**
   * Replaces the action that ends the current step. If {@link #cancel} was called before, the
   * action runs at once, in the calling thread.
   */
  public void onCancel(Runnable next) {
    Runnable current = action.get();
    while (current != CANCELLED && !action.compareAndSet(current, next)) {
      current = action.get();
    }
    if (current == CANCELLED) {
      next.run();
    }
  }

  /** Ends the step in progress and every later one. Later calls have no effect. */
  public void cancel() {
    action.getAndSet(CANCELLED).run();
  }

  /** Returns whether {@link #cancel} was called. */
  public boolean isCancelled() {
    return action.get() == CANCELLED;
  }
}
