package culvert.cli;

import culvert.bounce.StopRequest;
import culvert.net.Threads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request to stop, made once: by a signal, or by whoever runs the command. */
final class Stop implements StopRequest {

  private final AtomicBoolean first = new AtomicBoolean(true);
  private final CountDownLatch requested = new CountDownLatch(1);

  /** Asks for the stop; returns false if it had been asked for before. */
  boolean request() {
    boolean isFirst = ask();
    begin();
    return isFirst;
  }

  @Override
  public boolean ask() {
    return first.compareAndSet(true, false);
  }

  @Override
  public void begin() {
    requested.countDown();
  }

  void await() throws InterruptedException {
    requested.await();
  }

  /** Runs {@code action} in a thread of its own once the stop is asked for. */
  void then(Runnable action) {
    Threads.start(
        "stop",
        () -> {
          try {
            await();
            action.run();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
