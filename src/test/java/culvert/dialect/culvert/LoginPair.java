package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceCredentials;
import culvert.config.ClientSettings;
import culvert.config.ConnectionLimits;
import culvert.config.ControlProtocol;
import culvert.config.HealthChecks;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.RemoteRoute;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.config.ServiceRules;
import culvert.config.Timeouts;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.config.WebSocketSettings;
import culvert.mux.Heartbeat;
import culvert.mux.Link;
import culvert.mux.StreamEviction;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.Threads;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.session.Dialect;
import culvert.session.OriginSession;
import culvert.setting.SettingMessage;
import culvert.testing.RolePair;
import culvert.testing.TestAuthority;
import culvert.transport.Transport;
import culvert.transport.tls.TlsClient;
import culvert.transport.websocket.WebSocketBehavior;
import culvert.transport.websocket.WebSocketClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.LongAdder;

/** Both sides of a login with real settings, and the calls that the roles make. */
final class LoginPair implements AutoCloseable {

  static final HostPort ADDRESS = new HostPort("localhost", 7835);

  /** The failure of a handshake that blocks; no other has this message. */
  static final String HANDSHAKE_TIMEOUT = "handshake timeout of the test";

  /** The origin proxy's name. */
  static final String NAME = "laptop";

  private static final Duration LIMIT = Duration.ofSeconds(20);

  final BufferPool pool = new BufferPool();

  /** Counts how often a remote side reported that its peer is verified. */
  final LongAdder verified = new LongAdder();

  final TlsClientSettings origin;
  private final TlsServerSettings remote;
  private final TestAuthority authority = new TestAuthority("Test CA");
  private final Path folder;
  private final Deadlines deadlines = new Deadlines();

  LoginPair(Path folder) throws Exception {
    this.folder = folder;
    remote = certificate("remote");
    Path ca = authority.own().writeChain(folder.resolve("ca.pem"));
    origin =
        new TlsClientSettings(new TlsTrust.Authorities(ca), Optional.empty(), Optional.empty());
  }

  /** Issues a certificate for localhost by the authority that the origin side trusts. */
  TlsServerSettings certificate(String name) throws Exception {
    TestAuthority.Issued issued = authority.issue(name);
    return new TlsServerSettings(
        new TlsIdentity.Pem(
            issued.writeChain(folder.resolve(name + ".pem")),
            issued.writeKey(folder.resolve(name + ".key"))),
        Optional.empty());
  }

  private Link.Shared shared() {
    return new Link.Shared(
        pool,
        new StreamEviction(pool.budget(), new LongAdder()),
        deadlines,
        new Heartbeat(LIMIT, LIMIT.multipliedBy(2)),
        1 << 20,
        new LongAdder(),
        new LongAdder());
  }

  private static Secret secret() {
    return Secret.of(RolePair.SECRET);
  }

  NativeDialect remote(TransportCase kind) {
    return remote(kind, kind.secret ? List.of(secret()) : List.of());
  }

  NativeDialect remote(TransportCase kind, List<Secret> secrets) {
    return remote(kind, secrets, Optional.empty());
  }

  NativeDialect remote(TransportCase kind, List<Secret> secrets, List<ClientSettings> clients) {
    return remote(kind, secrets, Optional.of(clients));
  }

  private NativeDialect remote(
      TransportCase kind, List<Secret> secrets, Optional<List<ClientSettings>> clients) {
    var settings =
        new RemoteSettings(
            Optional.of(ADDRESS),
            List.of(),
            BounceCredentials.DEFAULT,
            List.of(ServiceAddress.parse("127.0.0.1:1")),
            Optional.empty(),
            List.of(ControlProtocol.NATIVE),
            Optional.empty(),
            secrets,
            clients,
            kind.settings(false),
            kind.transport.isTls() ? Optional.of(remote) : Optional.empty(),
            LIMIT,
            LIMIT,
            List.of(),
            ServiceRules.NONE,
            ConnectionLimits.DEFAULT,
            Timeouts.DEFAULT,
            ResourceLimits.DEFAULT);
    return new NativeDialect(settings, shared(), LoginPair::failOnMessage);
  }

  NativeOriginDialect origin(TransportCase kind) {
    return origin(kind, kind.secret ? Optional.of(secret()) : Optional.empty());
  }

  NativeOriginDialect origin(TransportCase kind, Optional<Secret> secret) {
    return origin(kind, secret, Optional.empty());
  }

  NativeOriginDialect origin(TransportCase kind, Optional<Secret> secret, Optional<String> client) {
    var settings =
        new OriginSettings(
            List.of(RemoteRoute.direct(new RemoteAddress.Direct(ADDRESS))),
            BounceCredentials.DEFAULT,
            List.of(ServiceAddress.parse("127.0.0.1:1")),
            OptionalInt.empty(),
            false,
            NAME,
            secret,
            client,
            kind.settings(true),
            kind.transport.isTls() ? Optional.of(origin) : Optional.empty(),
            Optional.empty(),
            HealthChecks.NONE,
            LIMIT,
            LIMIT,
            false,
            Timeouts.DEFAULT,
            ResourceLimits.DEFAULT);
    return new NativeOriginDialect(settings, ADDRESS, shared(), LoginPair::failOnMessage);
  }

  /** Returns the transport that carries a test's own bytes to the login. */
  Transport transport(TransportCase kind) {
    Transport tls =
        kind.transport.isTls()
            ? new TlsClient(
                origin, ADDRESS, PeerNames.REMOTE_PROXY, false, pool, LoginPair::failOnMessage)
            : Transport.PLAIN;
    return kind.transport.isWebSocket()
        ? new WebSocketClient(
                WebSocketSettings.DEFAULT,
                ADDRESS,
                PeerNames.REMOTE_PROXY,
                kind.transport.isTls(),
                WebSocketBehavior.NATIVE,
                pool)
            .within(tls)
        : tls;
  }

  private static void failOnMessage(SettingMessage line) {
    throw new AssertionError(line);
  }

  /**
   * The result of one side.
   *
   * @param session if the side considers the login complete
   * @param failure otherwise
   */
  record Side(Optional<Object> session, Exception failure) {

    boolean isLoggedIn() {
      return session.isPresent();
    }

    /** Ends the session if there is one. */
    void close() {
      session.ifPresent(open -> {
        if (open instanceof Dialect.Accepted.LoggedIn loggedIn) {
          loggedIn.session().abort();
        } else {
          ((OriginSession) open).close();
        }
      });
    }

    String message() {
      return isLoggedIn() ? "logged in" : failure.getMessage();
    }
  }

  /** The results of both sides. */
  record Outcome(Side origin, Side remote) {

    boolean isLoggedIn() {
      return origin.isLoggedIn() && remote.isLoggedIn();
    }

    /** Ends the sessions of both sides. */
    Outcome close() {
      origin.close();
      remote.close();
      return this;
    }
  }

  /** Logs in over a connection's two ends, as the roles do. */
  Outcome login(NativeOriginDialect origin, Connection near, NativeDialect remote, Connection far)
      throws Exception {
    var accepting = new FutureTask<>(() -> accept(remote, far));
    Threads.start("remote side", accepting);
    Side dialled = dial(origin, near);
    return new Outcome(dialled, accepting.get());
  }

  /**
   * Logs in over a recorded wire, and closes the sessions.
   *
   * @param near the origin proxy's end of the wire
   */
  Outcome login(
      NativeOriginDialect origin, NativeDialect remote, RecordedWire wire, Connection near)
      throws Exception {
    var accepting =
        new FutureTask<>(() -> {
          Side side = accept(remote, wire.far());
          wire.up.readerDone();
          return side;
        });
    Threads.start("remote side", accepting);
    Side dialled = dial(origin, near);
    wire.down.readerDone();
    return new Outcome(dialled, accepting.get()).close();
  }

  /** Logs in as the origin proxy does; the connection stays open if that succeeds. */
  Side dial(NativeOriginDialect origin, Connection near) {
    try {
      return new Side(
          Optional.of(
              deadlines.callWithin(
                  LIMIT, near::close, HANDSHAKE_TIMEOUT, () -> origin.login(near))),
          null);
    } catch (IOException | RuntimeException e) {
      near.close();
      return new Side(Optional.empty(), e);
    }
  }

  /** Accepts as the control address does, including the answer to a refused peer. */
  Side accept(NativeDialect remote, Connection far) {
    try {
      return new Side(
          Optional.of(
              deadlines.callWithin(
                  LIMIT,
                  far::close,
                  HANDSHAKE_TIMEOUT,
                  () -> remote.accept(far, verified::increment))),
          null);
    } catch (ForeignPeerException e) {
      LingeringClose.sendAndClose(far, e.answer(), deadlines);
      return new Side(Optional.empty(), e);
    } catch (PeerRefusedException | ProtocolException e) {
      LingeringClose.sendAndClose(far, new byte[0], deadlines);
      return new Side(Optional.empty(), e);
    } catch (IOException | RuntimeException e) {
      far.close();
      return new Side(Optional.empty(), e);
    }
  }

  /** Ends the timers, and checks that no buffer is left out. */
  @Override
  public void close() {
    deadlines.close();
    assertThat(pool.borrowed()).as("buffers out").isZero();
  }
}
