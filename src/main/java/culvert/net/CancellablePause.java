package culvert.net;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A pause between two attempts, which another thread can end. */
public final class CancellablePause {

  private final Semaphore requests = new Semaphore(0);

  /** Discards requests from before this pause: they were about an earlier attempt or session. */
  public void prepare() {
    requests.drainPermits();
  }

  /** Blocks until the pause is over or ended; returns false if the thread was interrupted. */
  public boolean await(Duration length) {
    try {
      requests.tryAcquire(length.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends the pause that is prepared or in progress; otherwise the request is discarded. */
  public void end() {
    requests.release();
  }
}
