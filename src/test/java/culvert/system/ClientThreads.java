package culvert.system;

import culvert.net.Threads;
import culvert.testing.RolePair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Threads of clients that connect repeatedly, at a limited rate, until they are stopped. */
final class ClientThreads implements AutoCloseable {

  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);

  /** Starts a thread that runs a client until {@link #isStopped}. */
  void start(String name, Runnable client) {
    threads.add(Threads.start(name, client));
  }

  int count() {
    return threads.size();
  }

  boolean isStopped() {
    return stop.getCount() == 0;
  }

  /**
   * Limits the rate of the calling client.
   *
   * @throws InterruptedException when the clients are stopped
   */
  void pause(Duration time) throws InterruptedException {
    if (stop.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException("stopped");
    }
  }

  /** Stops all clients; interrupts the threads, which closes the sockets that they read. */
  @Override
  public void close() {
    stop.countDown();
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(RolePair.LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
