package culvert.route;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.TlsClientSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.KeepAlive;
import culvert.net.RecordedStart;
import culvert.protocol.ForeignServer;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.protocol.bounce.BounceClientHandshake;
import culvert.protocol.bounce.BounceGreeting;
import culvert.setting.SettingWarnings;
import culvert.transport.Transport;
import culvert.transport.stack.TransportStack;
import java.io.EOFException;
import java.io.IOException;

/**
 * Joins a channel group: turns a new connection to the bounce server into a connection to the other
 * members of the group, present or future.
 */
public final class GroupConnector implements Transport {

  /** The settings that a reload replaces as a whole. */
  private record Access(byte[] authentication, Transport transport) {}

  private final GroupAddress group;
  private final BounceGreeting greeting;
  private final PeerNames server;
  private final BufferPool pool;
  private final SettingWarnings warnings;

  /** Each connection uses one value from start to end. */
  private volatile Access access;

  /**
   * Creates a connector for any number of connections.
   *
   * @param access credentials and transport settings for the bounce server
   * @param greeting variant of the bounce protocol
   * @param server names of the bounce server, for messages
   * @param warnings receives one line for each problem with a file, now and after a file changes
   * @throws IllegalArgumentException if a file that the transport needs is missing or invalid
   */
  public GroupConnector(
      GroupAddress group,
      BounceCredentials access,
      BounceGreeting greeting,
      PeerNames server,
      BufferPool pool,
      SettingWarnings warnings) {
    this.group = group;
    this.greeting = greeting;
    this.server = server;
    this.pool = pool;
    this.warnings = warnings;
    prepareReload(access).run();
  }

  /**
   * Prepares the use of other credentials.
   *
   * @return the action that applies them to connections made from then on
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public Runnable prepareReload(BounceCredentials changed) {
    Transport transport =
        TransportStack.dialling(
            group.transport(),
            changed.tls().orElse(TlsClientSettings.DEFAULT),
            changed.webSocket(),
            group.server(),
            server,
            pool,
            warnings);
    var next = new Access(changed.bytes(), transport);
    return () -> access = next;
  }

  /** Returns the address of the group. */
  public GroupAddress group() {
    return group;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Every byte that can be read from the returned connection comes from the group. The message
   * of every exception starts with the group's address.
   */
  @Override
  public Connection wrap(Connection carrier) throws IOException {
    return withGroupName(() -> {
      // A member may wait in a group for hours; only keepalive detects that the server is gone.
      KeepAlive.NORMAL.applyTo(carrier);
      var recorded = new RecordedStart(carrier);
      try {
        return join(recorded);
      } catch (IOException e) {
        throw explained(e, recorded);
      }
    });
  }

  private IOException explained(IOException e, RecordedStart recorded) {
    byte[] first = recorded.first();
    String port = "the port of " + server.kind();
    // The handshake itself explains a clean end.
    if (!(e instanceof EOFException) && DialFailures.isEndWithoutBytes(e, first, recorded)) {
      return new IOException(e.getMessage() + "; is this " + port + "?", e);
    }
    return ForeignServer.of(first).filter(ForeignServer.BOUNCE::equals).isPresent()
        ? e
        : DialFailures.explain(e, first, group.transport(), port);
  }

  private Connection join(Connection carrier) throws IOException {
    Access now = access;
    Connection inside = now.transport().wrap(carrier);
    BounceClientHandshake.join(
        inside.input(), inside.output(), greeting, now.authentication(), group.group().value());
    // The bounce server accepted the credentials. The members of the group are still unknown.
    Transport.setAuthenticated(inside);
    return inside;
  }

  /**
   * Checks whether the first bytes received are a refusal of the bounce server instead of data of a
   * member. With {@link BounceGreeting#AS_DOCUMENTED} the server reports a refusal in no other way.
   *
   * @throws PeerRefusedException if the bounce server requires a different authentication string
   * @throws IOException if the bounce server refused for another reason
   */
  void checkFirstBytes(byte[] bytes) throws IOException {
    if (greeting == BounceGreeting.AS_DOCUMENTED) {
      withGroupName(() -> {
        BounceClientHandshake.checkFirst(
            bytes, access.authentication().length > 0, group.group().value());
        return null;
      });
    }
  }

  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException;
  }

  private <T> T withGroupName(Step<T> step) throws IOException {
    try {
      return step.run();
    } catch (PeerRefusedException e) {
      throw e.withMessage(message(e));
    } catch (ProtocolException e) {
      throw new ProtocolException(message(e));
    } catch (IOException e) {
      throw new IOException(message(e), e);
    }
  }

  private String message(IOException e) {
    return group + ": " + e.getMessage();
  }
}
