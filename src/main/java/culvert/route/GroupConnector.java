package culvert.route;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.TlsClientSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.KeepAlive;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.protocol.bounce.BounceClientHandshake;
import culvert.protocol.bounce.BounceGreeting;
import culvert.transport.Transport;
import culvert.transport.stack.TransportStack;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * The way into a channel group: a fresh connection to the bounce server becomes one to whoever else
 * is in the group, or will be.
 */
public final class GroupConnector implements Transport {

  private final GroupAddress group;
  private final byte[] authentication;
  private final BounceGreeting wire;
  private final Transport outer;

  /**
   * For any number of connections.
   *
   * @param server names of the bounce server, for messages
   * @param complaints takes lines for a person about files, now and when they have changed
   * @throws IllegalArgumentException if a file that the transport needs is no good
   */
  public GroupConnector(
      GroupAddress group,
      BounceCredentials access,
      BounceGreeting wire,
      PeerNames server,
      BufferPool pool,
      Consumer<String> complaints) {
    this.group = group;
    this.authentication = access.bytes();
    this.wire = wire;
    this.outer =
        TransportStack.dialling(
            group.transport(),
            access.tls().orElse(TlsClientSettings.DEFAULT),
            access.webSocket(),
            group.server(),
            server,
            pool,
            complaints);
  }

  /** Which group it is. */
  public GroupAddress group() {
    return group;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The connection is the group's from the first byte that can be read on. Every complaint names
   * the group.
   */
  @Override
  public Connection wrap(Connection carrier) throws IOException {
    return told(() -> {
      // Whoever waits in a group for hours has no other way to learn that the server is gone.
      KeepAlive.NORMAL.applyTo(carrier);
      Connection inside = outer.wrap(carrier);
      BounceClientHandshake.join(
          inside.input(), inside.output(), wire, authentication, group.group().value());
      // Whoever let this side in is the server it wanted; of the group it knows nothing.
      Transport.setAuthenticated(inside);
      return inside;
    });
  }

  /**
   * Looks whether what came first in the group is no word of a member's. Over {@link
   * BounceGreeting#TEXT} this is the only sign that this side was not let in.
   */
  void checkFirstBytes(byte[] bytes) throws IOException {
    if (wire == BounceGreeting.TEXT) {
      told(() -> {
        BounceClientHandshake.checkFirst(bytes, authentication.length > 0, group.group().value());
        return null;
      });
    }
  }

  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException;
  }

  private <T> T told(Step<T> step) throws IOException {
    try {
      return step.run();
    } catch (RefusedException e) {
      throw new RefusedException(e.reason(), told(e));
    } catch (ProtocolException e) {
      throw new ProtocolException(told(e));
    } catch (IOException e) {
      throw new IOException(told(e), e);
    }
  }

  private String told(IOException e) {
    return group + ": " + e.getMessage();
  }
}
