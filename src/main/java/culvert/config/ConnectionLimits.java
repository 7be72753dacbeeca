package culvert.config;

import culvert.setting.Setting;

/**
 * Maximum numbers of concurrent connections of a remote proxy.
 *
 * @param visitors maximum number of visitors of all services together
 * @param visitorsPerAddress maximum of these from one address: an IPv4 address, or an IPv6 network
 *     of 64 bits
 * @param sessions maximum number of origin proxies
 * @param unauthenticated maximum number of connections at the control address whose session is not
 *     active yet
 * @param unauthenticatedPerAddress maximum of these from one address: an IPv4 address, or an IPv6
 *     network of 64 bits
 */
public record ConnectionLimits(
    int visitors,
    int visitorsPerAddress,
    int sessions,
    int unauthenticated,
    int unauthenticatedPerAddress) {

  /** The part of the places that visitors of one address cannot take: one in this many. */
  private static final int PART_FOR_OTHERS = 4;

  /**
   * Heap for one visitor, in bytes. A visitor that reads nothing takes about 14 KiB: two threads,
   * two connections and 4 KiB of unread bytes.
   */
  private static final long HEAP_BYTES_PER_VISITOR = 14 * 1024;

  /**
   * Heap that a session may hold for bytes of its own: a record and a datagram, each of 64 KiB,
   * that have not arrived completely, and the buffer of its link.
   */
  private static final long BYTES_PER_SESSION = 136 * 1024;

  /** The part of the heap for those of all sessions. */
  private static final int SESSIONS_HEAP_PART = 4;

  private static final int MAX_DEFAULT_SESSIONS = 1024;

  /** The defaults of the command line. */
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(
          visitorsOfHeap(Runtime.getRuntime().maxMemory()),
          sessionsOfHeap(Runtime.getRuntime().maxMemory()),
          4096,
          256);

  /**
   * Validates each value.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public ConnectionLimits {
    Checks.count(Setting.MAX_VISITORS, visitors);
    Checks.count(Setting.MAX_VISITORS_PER_ADDR, visitorsPerAddress);
    Checks.count(Setting.MAX_SESSIONS, sessions);
    Checks.count(Setting.MAX_UNAUTHENTICATED, unauthenticated);
    Checks.count(Setting.MAX_UNAUTHENTICATED_PER_ADDR, unauthenticatedPerAddress);
  }

  /** Creates limits with the default for visitors of one address. */
  public ConnectionLimits(
      int visitors, int sessions, int unauthenticated, int unauthenticatedPerAddress) {
    this(
        visitors,
        shareOfOneAddress(visitors),
        sessions,
        unauthenticated,
        unauthenticatedPerAddress);
  }

  /** Returns these with those of a running role that do not change while it runs. */
  ConnectionLimits keeping(ConnectionLimits running) {
    return new ConnectionLimits(
        visitors,
        visitorsPerAddress,
        sessions,
        running.unauthenticated,
        running.unauthenticatedPerAddress);
  }

  /**
   * Returns the default for connections from one address: three quarters of all, so that one
   * address cannot exclude the others. It is not lower, because all clients behind one network
   * address translation or load balancer have the same address.
   */
  public static int shareOfOneAddress(int total) {
    return total - total / PART_FOR_OTHERS;
  }

  /** Returns how many visitors a heap of this size can carry: one for each 14 KiB. */
  static int visitorsOfHeap(long bytes) {
    return Math.clamp(bytes / HEAP_BYTES_PER_VISITOR, 1, Checks.MAX_COUNT);
  }

  /**
   * Returns how many sessions a heap of this size can carry: one for each 544 KiB, at most 1024.
   */
  static int sessionsOfHeap(long bytes) {
    return Math.clamp(bytes / SESSIONS_HEAP_PART / BYTES_PER_SESSION, 1, MAX_DEFAULT_SESSIONS);
  }
}
