package culvert.net;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;

/** The address to listen at for connections to every address of this host. */
public final class EveryAddress {

  private EveryAddress() {}

  /** Returns its host: of both families if this host has both, otherwise of IPv4. */
  public static String host() {
    try {
      ServerSocketChannel.open(StandardProtocolFamily.INET6).close();
      return "::";
    } catch (IOException | UnsupportedOperationException e) {
      return "0.0.0.0";
    }
  }
}
