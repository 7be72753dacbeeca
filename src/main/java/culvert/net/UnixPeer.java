package culvert.net;

import java.net.InetSocketAddress;

/** The peers at Unix sockets, which have no address of their own. */
public final class UnixPeer {

  /** Stands for the address of each of them: 0.0.0.0 with port 0, which no peer of TCP has. */
  public static final InetSocketAddress ADDRESS =
      new InetSocketAddress(IpLiteral.v4("0.0.0.0").orElseThrow(), 0);

  private static final String NAME = "unix:";

  private UnixPeer() {}

  /** Returns whether the address stands for that of a peer at a Unix socket. */
  public static boolean isUnix(InetSocketAddress address) {
    return ADDRESS.equals(address);
  }

  /** Returns the text of a peer's address for logs: {@code HOST:PORT}, or {@code unix:}. */
  public static String name(InetSocketAddress address) {
    return isUnix(address) ? NAME : HostPort.of(address).toString();
  }
}
