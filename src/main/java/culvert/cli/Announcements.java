package culvert.cli;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Prints the public addresses of an origin proxy in a thread of its own. Standard output may be a
 * pipe that no process reads from, and the thread that reports an address must not block.
 */
final class Announcements implements OriginProxy.ServiceListener, AutoCloseable {

  /** For lines that a full standard output blocks. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final OriginProxy.ServiceListener printer;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Threads.factory("announcer"));

  /**
   * Creates announcements without any yet.
   *
   * @param printer prints one; may block
   */
  Announcements(OriginProxy.ServiceListener printer) {
    this.printer = printer;
  }

  @Override
  public void served(String service, HostPort address) {
    thread.execute(() -> printer.served(service, address));
  }

  /** Waits until all were printed, for a second at most. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      thread.awaitTermination(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
