package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceSettings;
import culvert.config.TransportKind;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Threads;
import culvert.observe.Counters;
import culvert.protocol.PeerNames;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.PairingBounceServer;
import culvert.testing.TestLog;
import culvert.transport.stack.TransportStack;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the refusal of members over connections with small buffers. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RefusedMemberTest {

  private static final String REQUEST =
      """
      GET / HTTP/1.1\r
      Host: localhost\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      Sec-WebSocket-Version: 13\r
      \r
      """;

  private static final int BINARY = 0x82;
  private static final int PING = 0x89;
  private static final int MASKED = 0x80;
  private static final byte[] ZERO_KEY = new byte[4];

  private static final int PINGS = 100;
  private static final byte[] PING_PAYLOAD = new byte[125];

  /** Long, because a byte of it is sent between two groups of pings. */
  private static final String AUTHENTICATION = "a".repeat(5000);

  private final Deadlines deadlines = new Deadlines();
  private final TestLog log = new TestLog();
  private Members members;

  @AfterEach
  void close() {
    deadlines.close();
    log.close();
  }

  private MemberHandler handler(BounceSettings settings) {
    var pool = new BufferPool();
    var groups = new Groups(settings.groups());
    members = new Members(groups, PairingBounceServer.NO_EVENTS);
    return new MemberHandler(
        settings,
        TransportStack.accepting(
            settings.transport(),
            settings.tls(),
            settings.webSocket(),
            PeerNames.MEMBER,
            pool,
            log.log()),
        groups,
        members,
        new GroupHandler(
            settings.groups(), groups, members, PairingBounceServer.NO_EVENTS, deadlines),
        pool,
        deadlines,
        new Counters(),
        log.log());
  }

  /** The answers to its pings fill the send buffer and block the thread that sends them. */
  @ParameterizedTest
  @ValueSource(strings = {"wrong", "az"})
  void refusedWebSocketMemberThatReadsNothingIsClosed(String last) throws Exception {
    var setup =
        new BounceFixture.Setup()
            .authentication(AUTHENTICATION)
            .transport(TransportKind.WS, Optional.empty());
    MemberHandler handler = handler(setup.settings());
    try (var pair = Loopback.open(4096)) {
      Threads.start("member", () -> handler.handle(pair.far()));
      pair.near().output().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      int sent = fillSendBuffer(pair);
      assertThat(Threads.live()).anyMatch(name -> name.startsWith("answer to "));
      String rest = AUTHENTICATION.substring(sent + 1) + last;
      pair.near().output().write(frames(BINARY, rest));
      Eventually.within(BounceFixture.SOON, () -> assertThat(members.all()).isEmpty());
      assertThat(log.text()).contains("member rejected");
    }
  }

  /** Returns how many bytes of the authentication string it has sent. */
  private static int fillSendBuffer(Loopback pair) throws Exception {
    byte[] pings = pings();
    int bytes = 0;
    long before = -1;
    for (int unchanged = 0; unchanged < 5; bytes++) {
      long expected = pair.far().received() + pings.length;
      pair.near().output().write(pings);
      Eventually.within(
          BounceFixture.SOON,
          () -> assertThat(pair.far().received()).isGreaterThanOrEqualTo(expected));
      unchanged = pair.far().sent() == before ? unchanged + 1 : 0;
      before = pair.far().sent();
    }
    return bytes;
  }

  private static byte[] pings() throws IOException {
    var frames = new ByteArrayOutputStream();
    for (int i = 0; i < PINGS; i++) {
      frames.write(new byte[] {(byte) PING, (byte) (MASKED | PING_PAYLOAD.length)});
      frames.write(ZERO_KEY);
      frames.write(PING_PAYLOAD);
    }
    frames.write(frames(BINARY, AUTHENTICATION.substring(0, 1)));
    return frames.toByteArray();
  }

  /** Returns frames with one byte each. */
  private static byte[] frames(int type, String payload) throws IOException {
    var frames = new ByteArrayOutputStream();
    for (byte one : payload.getBytes(StandardCharsets.US_ASCII)) {
      frames.write(new byte[] {(byte) type, (byte) (MASKED | 1)});
      frames.write(ZERO_KEY);
      frames.write(one);
    }
    return frames.toByteArray();
  }
}
