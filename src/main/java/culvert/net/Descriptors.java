package culvert.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Divides the file descriptors of this process. Every open socket counts. The last descriptors are
 * reserved for control addresses, so that visitors cannot lock out an origin proxy; the last of
 * these are left to the JVM. The limit is read on Linux; on other systems it is unknown, and no
 * descriptor is reserved.
 */
public final class Descriptors {

  /** Descriptors of the process that are not sockets: files of the JVM, selectors, pipes. */
  private static final int MAX_OWN = 32;

  private static final int OWN_PART = 4;

  private static final int FLOW_PART = 2;
  private static final int MAX_RESERVED = 64;
  private static final int RESERVED_PART = 8;
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LIMIT_NAME = "Max open files";

  /** The descriptors of this process. */
  public static final Descriptors PROCESS = new Descriptors(readLimit());

  private final long limit;
  private final AtomicLong sockets = new AtomicLong();

  /** Creates an instance without sockets for a process with this limit. */
  Descriptors(long limit) {
    this.limit = limit;
  }

  /** Returns the soft limit, which the JVM has raised to the hard one at its start. */
  private static long readLimit() {
    try (Stream<String> lines = Files.lines(LIMITS)) {
      return lines
          .filter(line -> line.startsWith(LIMIT_NAME))
          .map(line -> line.substring(LIMIT_NAME.length()).strip().split(" ")[0])
          .mapToLong(soft -> soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft))
          .findFirst()
          .orElse(Long.MAX_VALUE);
    } catch (IOException | RuntimeException e) {
      // A system other than Linux.
      return Long.MAX_VALUE;
    }
  }

  /** Records that a socket was opened. */
  void opened() {
    sockets.incrementAndGet();
  }

  /** Records that a socket was closed. */
  void closed() {
    sockets.decrementAndGet();
  }

  /** Returns how many sockets are open. */
  long sockets() {
    return sockets.get();
  }

  /** Returns the maximum number of descriptors. */
  long limit() {
    return limit;
  }

  /**
   * Returns the maximum number of flows that have a socket each: as configured, but no more than
   * half of the descriptors, so that a flood of datagrams leaves the others to TCP visitors.
   */
  public int maxFlows(int configured) {
    return (int) Math.min(configured, Math.max(1, limit / FLOW_PART));
  }

  /** Returns how many are reserved for control addresses. */
  long reserved() {
    return Math.min(MAX_RESERVED, limit / RESERVED_PART);
  }

  /** Returns whether only reserved descriptors are free. */
  public boolean isReserveReached() {
    return sockets.get() >= forSockets() - reserved();
  }

  /** Returns whether half of the reserve is in use too. */
  boolean isReserveShort() {
    return sockets.get() >= forSockets() - reserved() / 2;
  }

  private long forSockets() {
    return limit - Math.min(MAX_OWN, limit / OWN_PART);
  }
}
