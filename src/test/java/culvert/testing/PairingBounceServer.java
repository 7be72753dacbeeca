package culvert.testing;

import culvert.bounce.server.BounceServer;
import culvert.bounce.server.MemberEvents;
import culvert.bounce.server.MemberView;
import culvert.config.BounceAuthentication;
import culvert.config.BounceGroups;
import culvert.config.BounceLoginLimits;
import culvert.config.BounceSettings;
import culvert.config.PairedGroups;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceGreeting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/** A bounce server whose groups hold two members; each ends with the other. */
public final class PairingBounceServer implements AutoCloseable {

  /** Ignores all events. */
  public static final MemberEvents NO_EVENTS =
      new MemberEvents() {
        @Override
        public void connected(MemberView member) {}

        @Override
        public void changed(MemberView member) {}

        @Override
        public void disconnected(MemberView member, String reason) {}

        @Override
        public boolean isReadEnabled() {
          return false;
        }

        @Override
        public void read(MemberView member, ByteBuffer bytes) {}
      };

  private final TestLog log = new TestLog(Log.Level.ERROR);
  private final BounceServer server;

  /** Listens on a free loopback port over the plain transport. */
  public PairingBounceServer(String authentication) throws IOException {
    this(new HostPort("127.0.0.1", 0), authentication, TransportKind.PLAIN, Optional.empty());
  }

  /** Listens at {@code address} over a transport of the test's choice. */
  public PairingBounceServer(
      HostPort where, String authentication, TransportKind kind, Optional<TlsServerSettings> tls)
      throws IOException {
    server =
        BounceServer.start(
            new BounceSettings(
                where,
                BounceGreeting.AS_IMPLEMENTED,
                Optional.of(BounceAuthentication.of(authentication)),
                BounceLoginLimits.DEFAULT,
                groups(),
                kind,
                tls,
                WebSocketSettings.DEFAULT,
                Duration.ZERO,
                Duration.ofSeconds(10)),
            NO_EVENTS,
            new Counters(),
            log.log());
  }

  private static BounceGroups groups() {
    BounceGroups usual = BounceGroups.DEFAULT;
    return new BounceGroups(
        usual.groups(),
        usual.members(),
        usual.clients(),
        usual.echo(),
        PairedGroups.ALL,
        usual.dropSlowAfter(),
        usual.halfClose());
  }

  /** Returns the address at which the server listens. */
  public HostPort address() {
    return server.address();
  }

  /** Returns the number of members that have joined a group so far. */
  public long joined() {
    return server.counters().get(Counter.MEMBERS);
  }

  /** Returns the number of members in a group now. */
  public long members() {
    return server.members().stream().filter(member -> member.group().isPresent()).count();
  }

  @Override
  public void close() {
    server.close();
    log.close();
  }
}
