package culvert.dialect.bore;

import static culvert.dialect.bore.SharedPort.answer;
import static culvert.dialect.bore.SharedPort.join;
import static culvert.dialect.bore.SharedPort.shared;
import static culvert.dialect.bore.SharedPort.visited;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ConnectionLimits;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients with a secret, which wait for the challenge, at an address of several protocols. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SharedPortGreetingTest {

  private static Duration untilGreeted(BoreMessages silent, long dialled) throws IOException {
    assertThat(silent.receive()).startsWith("{\"Challenge\":");
    return Duration.ofNanos(System.nanoTime() - dialled);
  }

  @Test
  void silentConnectionIsGreetedAfterASecond() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"))) {
      long dialled = System.nanoTime();
      try (var silent = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        assertThat(untilGreeted(silent, dialled)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      }
    }
  }

  /** The challenge comes early enough for an answer. */
  @Test
  void clientWithASecretLogsInWithinAShortHandshakeTimeout() throws Exception {
    var options = shared(new RolePair.Options().handshake(Duration.ofMillis(900)), "abc");
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var client =
            new Client(
                remote.controlAddress(), server.address(), new Client.Options().secret("abc"))) {
      client.announced();
    }
  }

  /** It sends nothing: only the end of the connection shows that the server has no secret. */
  @Test
  void clientWithASecretIsDisconnectedByAServerWithoutOne() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client =
            new Client(
                remote.controlAddress(),
                server.address(),
                new Client.Options().secret("abc").once())) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      client.awaitLog("a secret is set, but the server requires none");
      roles.awaitLog("handshake failed", "no first message within 3s");
    }
  }

  @Test
  void missingAnswerToTheChallengeReceivesAnError() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var silent = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      assertThat(silent.receive()).startsWith("{\"Challenge\":");
      assertThat(silent.rest())
          .isEqualTo("{\"Error\":\"timed out waiting for initial message\"}\0");
      roles.awaitLog("handshake failed", "timed out waiting for initial message");
    }
  }

  /** The time for the answer ends while its first bytes may be of several protocols. */
  @Test
  void incompleteAnswerToTheChallengeIsReportedAndCounted() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var slow = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      assertThat(slow.receive()).startsWith("{\"Challenge\":");
      slow.sendRaw("{");
      assertThat(slow.rest()).isEqualTo("{\"Error\":\"timed out waiting for initial message\"}\0");
      roles.awaitLog("handshake failed", "timed out waiting for initial message");
      assertThat(remote.counters().get(Counter.PROTOCOL_ERRORS)).isEqualTo(1);
    }
  }

  /** One visitor waits: of two silent connections, one is its data channel. */
  @Test
  void asManySilentConnectionsAreGreetedEarlyAsVisitorsWait() throws Exception {
    // Repeated, because a busy host may need longer than the time between the two.
    Eventually.within(RolePair.LIMIT, SharedPortGreetingTest::assertOneOfTwoIsGreetedEarly);
  }

  /** Each attempt has a visitor of its own, which waits for 10 s at most. */
  private static void assertOneOfTwoIsGreetedEarly() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      client.control().announced();
      long dialled = System.nanoTime();
      try (var one = new BoreMessages(TestClient.dial(remote.controlAddress()));
          var other = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        assertThat(untilGreeted(one, dialled))
            .isBetween(Duration.ofMillis(50), Duration.ofMillis(500));
        assertThat(untilGreeted(other, dialled)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      }
      assertThat(visitor.getInputStream().available()).isZero();
    }
  }

  /** Newer connections would evict it before a second has passed. */
  @Test
  void silentConnectionIsGreetedEarlyWhenPlacesAreScarce() throws Exception {
    var few = new ConnectionLimits(99, 99, 8, 8);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared(new RolePair.Options().admission(few), "abc"))) {
      Eventually.within(RolePair.LIMIT, () -> assertLastOfEightIsGreetedEarly(remote));
    }
  }

  private static void assertLastOfEightIsGreetedEarly(RemoteProxy remote) throws IOException {
    var others = new ArrayList<Socket>();
    try {
      for (int i = 2; i <= 8; i++) {
        others.add(TestClient.dial(remote.controlAddress(), "127.0.0." + i));
      }
      long dialled = System.nanoTime();
      try (var last = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        assertThat(untilGreeted(last, dialled)).isLessThan(Duration.ofMillis(500));
      }
    } finally {
      for (Socket other : others) {
        other.close();
      }
    }
  }

  /** The connections of that source would be evicted before others. */
  @Test
  void connectionsOfOneSourceDoNotShortenTheSilenceOfAnother() throws Exception {
    var few = new ConnectionLimits(99, 99, 8, 8);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared(new RolePair.Options().admission(few), "abc"))) {
      var others = new ArrayList<BoreMessages>();
      try {
        for (int i = 0; i < 7; i++) {
          others.add(new BoreMessages(TestClient.dial(remote.controlAddress(), "127.0.0.2")));
        }
        long dialled = System.nanoTime();
        try (var last = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
          assertThat(untilGreeted(last, dialled)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
      } finally {
        for (BoreMessages other : others) {
          other.close();
        }
      }
    }
  }

  /** As those of an origin proxy behind the address of a client with many visitors. */
  @Test
  void lateFirstBytesAreAcceptedWhileTheDataChannelsOfAllVisitorsAreOpening() throws Exception {
    Eventually.within(
        RolePair.LIMIT, SharedPortGreetingTest::assertLateBytesAreAcceptedBesideAChannel);
  }

  private static void assertLateBytesAreAcceptedBesideAChannel() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      client.control().announced();
      assertLateBytesAreAccepted(remote);
      assertThat(visitor.getInputStream().available()).isZero();
    }
  }

  private static void assertLateBytesAreAccepted(RemoteProxy remote) throws IOException {
    try (var channel = new BoreMessages(TestClient.dial(remote.controlAddress()));
        Socket late = TestClient.dial(remote.controlAddress())) {
      assertThat(channel.receive()).startsWith("{\"Challenge\":");
      late.setSoTimeout(200);
      assertThatThrownBy(() -> late.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      late.setSoTimeout((int) RolePair.LIMIT.toMillis());
      late.getOutputStream().write("SSH-2.0-x\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(late.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .contains("does not serve SSH");
    }
  }

  /** Its source is not known as that of a client, and a stopping server waits for a second. */
  @Test
  void silentDataChannelOfAnotherSourceIsGreetedAtOnceWhenTheServerStops() throws Exception {
    Eventually.within(RolePair.LIMIT, SharedPortGreetingTest::assertServedWhenTheServerStops);
  }

  private static void assertServedWhenTheServerStops() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      String id = client.control().announced();
      HostPort address = remote.controlAddress();
      try (var channel = new BoreMessages(TestClient.dial(address, "127.0.0.2"))) {
        long stopped = System.nanoTime();
        Thread draining = Threads.start("drain", () -> remote.drain(RolePair.LIMIT));
        answer(channel, "abc");
        // The usual greeting comes a second after the connection, almost when the wait ends.
        assertThat(System.nanoTime() - stopped).isLessThan(Duration.ofMillis(500).toNanos());
        channel.send("{\"Accept\":\"" + id + "\"}");
        channel.sendRaw("hi");
        assertThat(visitor.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
        channel.leave();
        visitor.shutdownOutput();
        draining.join();
      }
    }
  }
}
