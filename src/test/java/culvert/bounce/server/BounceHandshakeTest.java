package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Counter;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.Eventually;
import culvert.testing.KeepAliveProbe;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how members join and how invalid or slow clients are rejected. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceHandshakeTest {

  private static final Duration LONG_PAUSE = Duration.ofSeconds(30);
  private static final Duration SHORT_TIMEOUT = Duration.ofMillis(300);

  private static BounceFixture.Setup setup() {
    return new BounceFixture.Setup();
  }

  /** A client that follows only the description of the protocol: no line feed, no READY. */
  @Test
  void clientOfTextVariantJoins() throws Exception {
    try (BounceFixture bounce =
            setup().greeting(BounceGreeting.AS_DOCUMENTED).authentication("hello").start();
        RawMember first = RawMember.dial(bounce.server.address());
        RawMember second = RawMember.dial(bounce.server.address())) {
      first.expect("4-BounceServer_1.0").send("hello00ac");
      second.expect("4-BounceServer_1.0").send("hello00acfrom the second");
      first.expect("from the second").send("from the first");
      second.expect("from the first");
    }
  }

  @Test
  void clientOfProgramVariantJoins() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.dial();
        RawMember second = bounce.dial()) {
      first.send("hi00ac").expect("READY");
      second.send("hi00ac").expect("READY").send("from the second");
      first.expect("from the second").send("from the first");
      second.expect("from the first");
    }
  }

  @Test
  void clientSendsOnlyNumberWithoutAuthentication() throws Exception {
    try (BounceFixture bounce = setup().authentication("").start();
        RawMember first = bounce.dial();
        RawMember second = bounce.dial()) {
      first.send("00ac").expect("READY");
      second.send("00AC").expect("READY").send("x");
      first.expect("x");
    }
  }

  @Test
  void authenticationOf64KibIsAccepted() throws Exception {
    String authentication = "\u00ff".repeat(65_536);
    try (BounceFixture bounce = setup().authentication(authentication).start();
        RawMember first = bounce.dial();
        RawMember second = bounce.dial()) {
      first.send(authentication + "00ac").expect("READY");
      second.send(authentication + "00acdata").expect("READY");
      first.expect("data");
    }
  }

  @Test
  void handshakeMayBeSplitAnywhere() throws Exception {
    String all = "hi00acDATA";
    try (BounceFixture bounce = setup().times(Duration.ofSeconds(60), LONG_PAUSE).start();
        RawMember listener = bounce.join(0xac)) {
      for (int cut = 1; cut < all.length(); cut++) {
        try (RawMember client = bounce.dial()) {
          client.send(all.substring(0, cut)).send(all.substring(cut)).expect("READY");
          listener.expect("DATA");
        }
        bounce.awaitMembers(1);
      }
    }
  }

  @Test
  void bytesSentWithHandshakeAreDelivered() throws Exception {
    String data = "0123456789abcdef".repeat(10_000);
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.dial()) {
      Thread writer = Thread.ofVirtual().start(() -> sendUnchecked(first, "hi0001" + data));
      first.expect("READY");
      try (RawMember second = bounce.join(1)) {
        second.expect(data);
        writer.join();
      }
    }
  }

  private static void sendUnchecked(RawMember client, String text) {
    try {
      client.send(text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shortNumberIsCompleteAfterPause() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember first = bounce.dial();
        RawMember second = bounce.join(0x1f)) {
      first.send("hi1F").expect("READY").send("23");
      second.expect("23");
    }
  }

  /** As sent by {@code printf hi7 | nc -N}. */
  @Test
  void shortNumberIsCompleteAtEndOfInput() throws Exception {
    try (BounceFixture bounce =
            setup().times(LONG_PAUSE.plus(LONG_PAUSE), LONG_PAUSE).paired().start();
        RawMember first = bounce.join(7).send("held data");
        RawMember second = bounce.dial().send("hi7")) {
      second.socket().shutdownOutput();
      second.expect("READY").expect("held data");
      assertThat(first.in().read()).isEqualTo(-1);
    }
  }

  /** Repeated, because the end may arrive at any moment between two polls of the handshake. */
  @RepeatedTest(200)
  void incompleteAuthenticationIsRefusedAtEndOfInput() throws Exception {
    try (BounceFixture bounce = setup().times(LONG_PAUSE.plus(LONG_PAUSE), LONG_PAUSE).start();
        RawMember client = bounce.dial().send("n")) {
      client.socket().shutdownOutput();
      client.expectLast("Authentication failure");
    }
  }

  @Test
  void digitsWithinPauseBelongToNumber() throws Exception {
    try (BounceFixture bounce = setup().times(Duration.ofSeconds(60), LONG_PAUSE).start();
        RawMember first = bounce.dial();
        RawMember second = bounce.join(0x1234)) {
      for (String digit : List.of("hi1", "2", "3", "4")) {
        first.send(digit);
      }
      first.expect("READY").send("x");
      second.expect("x");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ho", "Hi", "hx00ac", "hxab and much more than that"})
  void wrongAuthenticationIsRefused(String sent) throws Exception {
    try (BounceFixture bounce = setup().start()) {
      bounce.dial().send(sent).expectLast("Authentication failure");
      bounce.awaitEvent("0 disconnected: Authentication failure");
      bounce.awaitLog("member rejected");
      assertThat(bounce.server.counters().get(Counter.REFUSED_PEERS)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h", "x"})
  void shortAuthenticationIsRefusedAtTimeout(String sent) throws Exception {
    try (BounceFixture bounce = setup().times(SHORT_TIMEOUT, Duration.ofMillis(10)).start()) {
      bounce.dial().send(sent).expectLast("Authentication failure");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hi"})
  void silentClientIsClosedAtTimeout(String sent) throws Exception {
    try (BounceFixture bounce = setup().times(SHORT_TIMEOUT, Duration.ofMillis(10)).start()) {
      bounce.dial().send(sent).expectLast("");
      bounce.awaitEvent("0 disconnected: joined no group: handshake timeout");
      assertThat(bounce.server.counters().get(Counter.SLOW_HANDSHAKES)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hizz", "hi\n", "hiffff"})
  void invalidNumberIsRefused(String sent) throws Exception {
    try (BounceFixture bounce = setup().groups(65_535).start()) {
      bounce.dial().send(sent).expectLast("Failed to negotiate channel number");
      bounce.awaitEvent("0 disconnected: Failed to negotiate channel number");
    }
  }

  @Test
  void lastGroupCanBeJoined() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember client = bounce.join(0xffff)) {
      assertThat(bounce.server.members().getFirst().group()).hasValue(0xffff);
      client.leave();
      bounce.awaitMembers(0);
    }
  }

  @Test
  void disconnectDuringHandshakeIsCleanedUp() throws Exception {
    try (BounceFixture bounce = setup().times(Duration.ofSeconds(60), LONG_PAUSE).start()) {
      for (String sent : List.of("", "h", "hi", "hi0")) {
        bounce.dial().send(sent).close();
        bounce.dial().send(sent).reset();
      }
      bounce.awaitMembers(0);
    }
  }

  @Test
  void stalledClientsDoNotLockOutMembers() throws Exception {
    var clients = new ArrayList<RawMember>();
    try (BounceFixture bounce =
        setup().times(Duration.ofSeconds(60), LONG_PAUSE).maxUnauthenticated(8).start()) {
      for (int i = 0; i < 40; i++) {
        clients.add(bounce.dial().send(List.of("", "h", "hi", "hi1").get(i % 4)));
      }
      try (RawMember first = bounce.join(1);
          RawMember second = bounce.join(1)) {
        second.send("x");
        first.expect("x");
        Eventually.within(
            BounceFixture.SOON,
            () -> assertThat(bounce.server.members()).hasSizeLessThanOrEqualTo(8 + 8 + 2));
      }
      assertThat(bounce.server.counters().get(Counter.HALF_OPEN_DROPPED)).isGreaterThan(40 - 8 - 8);
    } finally {
      for (RawMember client : clients) {
        client.close();
      }
    }
  }

  /** Row 36: clients that know the authentication string compete only among themselves. */
  @Test
  void authenticatedClientIsNotEvictedByOthersOfItsAddress() throws Exception {
    var clients = new ArrayList<RawMember>();
    try (BounceFixture bounce =
            setup().times(Duration.ofSeconds(60), LONG_PAUSE).maxUnauthenticated(8).start();
        RawMember known = bounce.dial().send("hi")) {
      bounce.awaitEvent("0 AUTHENTICATED");
      for (int i = 0; i < 40; i++) {
        clients.add(bounce.dial());
      }
      known.send("0001").expect("READY");
      assertThat(bounce.server.counters().get(Counter.HALF_OPEN_DROPPED)).isGreaterThan(40 - 9);
    } finally {
      for (RawMember client : clients) {
        client.close();
      }
    }
  }

  @Test
  void tcpKeepaliveIsSetToTenSeconds() throws Exception {
    try (BounceFixture bounce = setup().start();
        RawMember client = bounce.join(1)) {
      KeepAliveProbe.assertDue(0, 10, bounce.server.address().port(), client.address().getPort());
    }
  }

  @Test
  void eventsAreReportedInOrder() throws Exception {
    try (BounceFixture bounce = setup().enableReads().start();
        RawMember first = bounce.join(7);
        RawMember second = bounce.join(7)) {
      second.send("x");
      first.expect("x").leave();
      bounce.awaitEvent("0 disconnected: closed by the peer");
      assertThat(bounce.events)
          .filteredOn(line -> line.startsWith("0 "))
          .containsExactly(
              "0 connected", "0 AUTHENTICATED", "0 READY", "0 disconnected: closed by the peer");
      assertThat(bounce.events).contains("1 read x");
      assertThat(bounce.server.members())
          .extracting(MemberView::peer)
          .containsExactly(second.address());
    }
  }
}
