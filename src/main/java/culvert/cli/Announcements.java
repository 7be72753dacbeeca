package culvert.cli;

import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Prints the public addresses of an origin proxy in a thread of its own. Standard output may be a
 * pipe that no process reads from, and the thread that reports an address must not block. While a
 * line is blocked, only the latest address of each service at each remote proxy waits.
 */
final class Announcements implements OriginProxy.ServiceListener, AutoCloseable {

  /** A service at a remote proxy. */
  private record Served(String service, RemoteAddress remote) {}

  /** For lines that a full standard output blocks. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final OriginProxy.ServiceListener printer;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Threads.factory("announcer"));

  private final ReentrantLock lock = new ReentrantLock();

  /** Addresses that are not printed yet. Guarded by {@link #lock}. */
  private final SequencedMap<Served, HostPort> waiting = new LinkedHashMap<>();

  /**
   * Creates announcements without any yet.
   *
   * @param printer prints one; may block
   */
  Announcements(OriginProxy.ServiceListener printer) {
    this.printer = printer;
  }

  @Override
  public void served(String service, HostPort address, RemoteAddress remote) {
    lock.lock();
    try {
      if (waiting.isEmpty()) {
        thread.execute(this::printWaiting);
      }
      waiting.putLast(new Served(service, remote), address);
    } finally {
      lock.unlock();
    }
  }

  private void printWaiting() {
    for (var next = poll(); next != null; next = poll()) {
      printer.served(next.getKey().service(), next.getValue(), next.getKey().remote());
    }
  }

  private Map.Entry<Served, HostPort> poll() {
    lock.lock();
    try {
      return waiting.pollFirstEntry();
    } finally {
      lock.unlock();
    }
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
