package culvert.remote;

import culvert.config.ConnectionLimits;
import culvert.config.RemoteSettings;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.session.Dialect;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An address at which clients log in to a remote proxy, or the channel groups through which they
 * do.
 *
 * @param kind identifies it in old and new settings
 * @param address where it listens; empty for the channel groups
 * @param dialects the protocols that it serves, one or more. With several, the first one receives
 *     connections that no other one recognises; see {@link culvert.session.DialectSniffer}.
 * @param limits of its unauthenticated connections; a reload changes them only as far as they
 *     depend on the protocols and the heap
 */
public record Endpoint(
    Kind kind, Optional<HostPort> address, List<Dialect> dialects, Limits limits) {

  /** The endpoints, of which a remote proxy has one each at most. */
  public enum Kind {
    /** For origin proxies, at the control address. */
    CONTROL,
    /** For origin proxies, in all channel groups. */
    GROUPS,
    /** For clients of bore only. */
    BORE;

    /** Returns the name for log lines. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Limits of unauthenticated connections.
   *
   * @param max maximum number of them
   * @param maxPerSource maximum from one IPv4 address or one IPv6 network of 64 bits
   * @param heapBytesEach heap that one can use, by which the heap limits their number as well
   */
  public record Limits(int max, int maxPerSource, int heapBytesEach) {

    /** Heap of an unauthenticated connection, with its thread and a first message. */
    private static final int PLAIN_BYTES = 16 * 1024;

    /** Heap of an unauthenticated connection during a TLS handshake. */
    private static final int TLS_BYTES = 96 * 1024;

    /** Returns the limits of connections without TLS. */
    public static Limits unencrypted(int max, int maxPerSource) {
      return new Limits(max, maxPerSource, PLAIN_BYTES);
    }

    /** Returns limits with another maximum from one source, if that is more. */
    public Limits withAtLeastPerSource(int number) {
      return new Limits(max, Math.max(maxPerSource, number), heapBytesEach);
    }

    /** Returns the maximum number that fits into the heap. */
    int maxInHeap() {
      return HandshakeLimiter.maxInHeap(max, heapBytesEach);
    }

    /** Returns the limits of origin proxies' connections. */
    public static Limits of(RemoteSettings settings) {
      ConnectionLimits max = settings.connectionLimits();
      boolean isTls = settings.transport().kind(settings.hasSecret()).isTls();
      return new Limits(
          max.unauthenticated(), max.unauthenticatedPerAddress(), isTls ? TLS_BYTES : PLAIN_BYTES);
    }
  }

  /** Copies the list. */
  public Endpoint {
    dialects = List.copyOf(dialects);
  }

  /** Returns the control endpoint of these settings. */
  public static Endpoint control(RemoteSettings settings, List<Dialect> dialects, Limits limits) {
    return new Endpoint(Kind.CONTROL, settings.control(), dialects, limits);
  }

  /** Returns the endpoint of the channel groups of these settings. */
  public static Endpoint groups(RemoteSettings settings, Dialect dialect) {
    return new Endpoint(Kind.GROUPS, Optional.empty(), List.of(dialect), Limits.of(settings));
  }
}
