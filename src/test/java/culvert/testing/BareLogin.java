package culvert.testing;

import culvert.protocol.Handshake;
import culvert.protocol.HandshakeExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.Set;

/** Logs in on an unencrypted connection, as {@code --transport plain} does. */
public final class BareLogin {

  private BareLogin() {}

  /** Runs the origin proxy's side of the handshake. */
  public static Handshake.Peer dial(Handshake.Local self, InputStream in, OutputStream out)
      throws IOException {
    return dial(self, Optional.empty(), in, out);
  }

  /** Runs the origin proxy's side of the handshake, as a client if there is a name of one. */
  public static Handshake.Peer dial(
      Handshake.Local self, Optional<String> client, InputStream in, OutputStream out)
      throws IOException {
    return Handshake.dial(self, Handshake.Channel.PLAIN, new HandshakeExchange(in, out, client));
  }

  /** Runs the remote proxy's side of the handshake. */
  public static Handshake.Peer accept(Handshake.Local self, InputStream in, OutputStream out)
      throws IOException {
    var exchange = new HandshakeExchange(in, out);
    exchange.readPreface();
    return Handshake.accept(self, Handshake.Channel.PLAIN, exchange, exchange.receiveFirst());
  }

  /** Returns these parameters for version 1 only, as those of Culvert 0.1.0 are. */
  public static Handshake.Local inVersion1(Handshake.Local self) {
    return new Handshake.Local(
        self.instance(), self.opens(), self.streams(), self.name(), self.secrets(), 1, Set.of());
  }
}
