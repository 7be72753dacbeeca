package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceAuthentication;
import culvert.config.BounceGroups;
import culvert.config.BounceLoginLimits;
import culvert.config.BounceSettings;
import culvert.config.PairedGroups;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.Eventually;
import culvert.testing.TestLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A bounce server on a free loopback port, with its member events and its log. */
public final class BounceFixture implements AutoCloseable {

  /** Maximum time to wait for an expected event. */
  public static final Duration SOON = Duration.ofSeconds(20);

  /** Settings, which a test changes before it starts the server. */
  static final class Setup {
    private BounceGreeting greeting = BounceGreeting.AS_IMPLEMENTED;
    private String authentication = "hi";
    private Duration authTimeout = Duration.ofSeconds(20);
    private Duration numberPause = Duration.ofMillis(100);
    private int maxUnauthenticated = 256;
    private int maxUnauthenticatedPerAddress = 256;
    private int groups = 65_536;
    private int members = 2;
    private int clients = 16_384;
    private int clientsPerAddress = 16_384;
    private Optional<Duration> idle = Optional.empty();
    private boolean echo;
    private PairedGroups paired = PairedGroups.NONE;
    private Duration dropSlowAfter = Duration.ofMinutes(5);
    private TransportKind transport = TransportKind.PLAIN;
    private Optional<TlsServerSettings> tls = Optional.empty();
    private boolean isReadEnabled;

    Setup greeting(BounceGreeting kind) {
      greeting = kind;
      return this;
    }

    /** Sets the authentication string; empty for none. */
    Setup authentication(String text) {
      authentication = text;
      return this;
    }

    Setup times(Duration auth, Duration pause) {
      authTimeout = auth;
      numberPause = pause;
      return this;
    }

    Setup maxUnauthenticated(int max) {
      maxUnauthenticated = max;
      return this;
    }

    Setup groups(int count) {
      groups = count;
      return this;
    }

    Setup members(int max) {
      members = max;
      return this;
    }

    Setup clients(int max) {
      clients = max;
      return this;
    }

    Setup clientsPerAddress(int max) {
      clientsPerAddress = max;
      return this;
    }

    Setup idle(Duration limit) {
      idle = Optional.of(limit);
      return this;
    }

    Setup echo() {
      echo = true;
      return this;
    }

    Setup paired() {
      paired = PairedGroups.ALL;
      return this;
    }

    Setup paired(int group) {
      paired = PairedGroups.of(Set.of(group));
      return this;
    }

    Setup dropSlowAfter(Duration limit) {
      dropSlowAfter = limit;
      return this;
    }

    Setup transport(TransportKind kind, Optional<TlsServerSettings> identity) {
      transport = kind;
      tls = identity;
      return this;
    }

    Setup enableReads() {
      isReadEnabled = true;
      return this;
    }

    /** Returns the settings of a server at any free port. */
    BounceSettings settings() {
      return new BounceSettings(
          new HostPort("127.0.0.1", 0),
          greeting,
          authentication.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  BounceAuthentication.of(authentication.getBytes(StandardCharsets.ISO_8859_1))),
          new BounceLoginLimits(
              authTimeout, numberPause, maxUnauthenticated, maxUnauthenticatedPerAddress),
          new BounceGroups(
              groups,
              members,
              clients,
              clientsPerAddress,
              echo,
              paired,
              dropSlowAfter,
              Duration.ofSeconds(20),
              idle),
          transport,
          tls,
          WebSocketSettings.DEFAULT,
          Duration.ofSeconds(5),
          Duration.ofMillis(1));
    }

    BounceFixture start() throws IOException {
      return new BounceFixture(settings(), isReadEnabled);
    }
  }

  /** The member events, one line each. */
  final List<String> events = new CopyOnWriteArrayList<>();

  final BounceServer server;
  private final TestLog log = new TestLog(Log.Level.INFO);

  private BounceFixture(BounceSettings settings, boolean isReadEnabled) throws IOException {
    this.server =
        BounceServer.start(settings, new Recorder(isReadEnabled), new Counters(), log.log());
  }

  private final class Recorder implements MemberEvents {
    private final boolean isReadEnabled;

    Recorder(boolean isReadEnabled) {
      this.isReadEnabled = isReadEnabled;
    }

    @Override
    public void connected(MemberView member) {
      events.add(member.id() + " connected");
    }

    @Override
    public void changed(MemberView member) {
      events.add(member.id() + " " + member.state());
    }

    @Override
    public void disconnected(MemberView member, String reason) {
      events.add(member.id() + " disconnected: " + reason);
    }

    @Override
    public boolean isReadEnabled() {
      return isReadEnabled;
    }

    @Override
    public void read(MemberView member, ByteBuffer bytes) {
      events.add(member.id() + " read " + StandardCharsets.ISO_8859_1.decode(bytes.duplicate()));
    }
  }

  /** Returns the log. */
  String log() {
    return log.text();
  }

  /** Waits for a line of the log that contains all these parts. */
  void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  /** Connects and reads the banner. */
  RawMember dial() throws IOException {
    RawMember member = RawMember.dial(server.address());
    member.expect("4-BounceServer_1.0\n");
    return member;
  }

  /** Connects and joins a group. */
  RawMember join(int group) throws IOException {
    return dial().send("hi" + "%04x".formatted(group)).expect("READY");
  }

  /** Waits for a member event. */
  void awaitEvent(String line) throws Exception {
    Eventually.within(SOON, () -> assertThat(events).contains(line));
  }

  /** Waits until the server has this number of connections. */
  void awaitMembers(int members) throws Exception {
    Eventually.within(SOON, () -> assertThat(server.members()).hasSize(members));
  }

  /** The threads that read ahead end after those of their members. */
  private void awaitNothingHeld() {
    try {
      Eventually.within(
          SOON, () -> assertThat(server.heldBytes()).as("bytes held by buffers").isZero());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.close();
    log.close();
    assertThat(server.members()).isEmpty();
    assertThat(server.groups()).as("groups").isZero();
    assertThat(server.borrowedBuffers()).as("borrowed buffers").isZero();
    awaitNothingHeld();
    assertThat(log()).doesNotContain("internal error");
  }
}
