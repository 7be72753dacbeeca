package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreSecret;
import culvert.config.ConnectionLimits;
import culvert.config.PortRange;
import culvert.dialect.bore.BoreServer.Joined;
import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.KeepAliveProbe;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server against clients that send hand-written bytes. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class BoreServerTest {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final String HEARTBEAT = "\"Heartbeat\"";

  private static BoreMessages accept(BoreServer server, String id, String early)
      throws IOException {
    BoreMessages channel = server.connect();
    channel.sendRaw("{\"Accept\":\"" + id + "\"}\0" + early);
    return channel;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String read(Socket socket, int bytes) throws IOException {
    return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
  }

  private static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void dataChannelIsJoinedToTheVisitorItNames() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      assertThat(BoreServer.PORTS.contains(client.port())).isTrue();
      write(visitor, "early");
      try (BoreMessages channel = accept(server, client.control().announced(), "too")) {
        assertThat(read(visitor, 3)).isEqualTo("too");
        assertThat(read(channel.socket(), 5)).isEqualTo("early");
      }
    }
  }

  /** Bore's {@code half_closed_tcp_stream}. */
  @Test
  void halfCloseIsForwardedAndAnswerArrives() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "")) {
      write(visitor, "message before shutdown");
      visitor.shutdownOutput();
      assertThat(channel.rest()).isEqualTo("message before shutdown");
      channel.sendRaw("response after it was sent");
      channel.socket().shutdownOutput();
      assertThat(readAll(visitor)).isEqualTo("response after it was sent");
    }
  }

  @Test
  void resetDataChannelNeverLooksComplete() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "half")) {
      assertThat(read(visitor, 4)).isEqualTo("half");
      channel.socket().setSoLinger(true, 0);
      channel.leave();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void requestedPortIsAssigned() throws Exception {
    try (var server = new BoreServer();
        Joined first = server.join(0)) {
      int port = first.port();
      first.leave();
      Eventually.within(RolePair.LIMIT, () -> server.join(port).close());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 19999, 30000, 65535})
  void portOutsideTheRangeIsRejected(int port) throws Exception {
    try (var server = new BoreServer();
        BoreMessages client = server.connect()) {
      client.send("{\"Hello\":" + port + "}");
      assertThat(client.rest())
          .isEqualTo("{\"Error\":\"client port number not in allowed range\"}\0");
      server.awaitLog("offer declined", "bore:" + port, "not in allowed range (");
    }
  }

  @Test
  void liveClientKeepsItsPort() throws Exception {
    try (var server = new BoreServer();
        Joined holder = server.join(0);
        BoreMessages newcomer = server.connect()) {
      newcomer.send("{\"Hello\":" + holder.port() + "}");
      assertThat(newcomer.rest()).isEqualTo("{\"Error\":\"port already in use\"}\0");
      server.visit(holder.port()).close();
      assertThat(holder.control().announced()).isNotEmpty();
    }
  }

  @Test
  void clientBeyondSessionLimitReceivesTheReason() throws Exception {
    try (var server = new BoreServer(new ConnectionLimits(100, 1, 100, 100));
        Joined first = server.join(0);
        BoreMessages second = server.connect()) {
      assertThat(first.port()).isPositive();
      second.send("{\"Hello\":0}");
      assertThat(second.rest()).isEqualTo("{\"Error\":\"all 1 sessions are in use\"}\0");
    }
  }

  @Test
  void portOfAnotherProgramIsReportedInUse() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        var server = new BoreServer(ANY, PortRange.parse("127.0.0.1:1024-65535"), RolePair.LIMIT);
        BoreMessages client = server.connect()) {
      client.send("{\"Hello\":" + other.getLocalPort() + "}");
      assertThat(client.rest()).isEqualTo("{\"Error\":\"port already in use\"}\0");
    }
  }

  @Test
  void fullRangeIsReportedAsNoAvailablePort() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = other.getLocalPort();
      try (var server =
              new BoreServer(ANY, new PortRange("127.0.0.1", port, port), RolePair.LIMIT);
          BoreMessages client = server.connect()) {
        client.send("{\"Hello\":0}");
        assertThat(client.rest()).isEqualTo("{\"Error\":\"failed to find an available port\"}\0");
      }
    }
  }

  @Test
  void endOfClientReleasesPortAndEndsPendingVisitors() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      client.control().announced();
      client.leave();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      Eventually.within(RolePair.LIMIT, () -> server.join(client.port()).close());
      server.awaitLog("session ended", "the client closed its control connection");
    }
  }

  @Test
  void resetControlConnectionEndsTheClient() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0)) {
      client.control().socket().setSoLinger(true, 0);
      client.leave();
      Eventually.within(RolePair.LIMIT, () -> server.join(client.port()).close());
    }
  }

  @Test
  void relaysContinueAfterControlConnectionEnds() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "")) {
      channel.sendRaw("joined");
      assertThat(read(visitor, 6)).isEqualTo("joined");
      client.leave();
      server.awaitLog("session ended");
      channel.sendRaw("still");
      assertThat(read(visitor, 5)).isEqualTo("still");
    }
  }

  /** A draining client closes its control connection; the protocol has no message for it. */
  @Test
  void dataChannelInFlightAtOrderlyEndIsAccepted() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      String id = client.control().announced();
      client.leave();
      server.awaitLog("service withdrawn", "bore:" + client.port());
      try (BoreMessages channel = accept(server, id, "taken")) {
        assertThat(read(visitor, 5)).isEqualTo("taken");
        server.awaitLog("session ended");
        channel.sendRaw("still");
        assertThat(read(visitor, 5)).isEqualTo("still");
      }
    }
  }

  @Test
  void relaysOfDeadClientAreReset() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "x")) {
      assertThat(read(visitor, 1)).isEqualTo("x");
      client.control().socket().setSoLinger(true, 0);
      client.leave();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> channel.socket().getInputStream().read())
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void bytesAfterHelloAreDiscarded() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0)) {
      client.control().sendRaw("*".repeat(100_000) + "\0{\"Hello\":1}\0");
      server.visit(client.port()).close();
      assertThat(client.control().announced()).isNotEmpty();
    }
  }

  @Test
  void unclaimedVisitorIsReset() throws Exception {
    try (var server = new BoreServer(ANY, BoreServer.PORTS, Duration.ofMillis(300));
        Joined client = server.join(0);
        Socket first = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "");
        Socket visitor = server.visit(client.port())) {
      String id = client.control().announced();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      server.awaitLog("visitor reset", "open-timeout");
      try (BoreMessages late = accept(server, id, "late")) {
        assertThat(late.rest()).isEmpty();
        server.awaitLog("rejected", "data channel for a visitor that is not pending: " + id);
      }
      // A client that has a data channel is alive.
      channel.sendRaw("x");
      assertThat(read(first, 1)).isEqualTo("x");
    }
  }

  /**
   * An intermediate relay may keep the connection of a dead client open: only unclaimed visitors
   * reveal it.
   */
  @Test
  void clientThatClaimsNoVisitorIsConsideredDead() throws Exception {
    try (var server = new BoreServer(ANY, BoreServer.PORTS, Duration.ofSeconds(6));
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
      server.awaitLog("session lost", "opens no data channels");
      Eventually.within(RolePair.LIMIT, () -> server.join(client.port()).close());
    }
  }

  /**
   * A live client receives more heartbeats than the system accepts for a dead one: the longest
   * segment.
   */
  @Test
  void slowClientIsProbedAndKeepsItsSession() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      String id = client.control().announced();
      for (int received = 0; received < 1 << 16; received += HEARTBEAT.length()) {
        assertThat(client.control().receive()).isEqualTo(HEARTBEAT);
      }
      try (BoreMessages channel = accept(server, id, "late")) {
        assertThat(read(visitor, 4)).isEqualTo("late");
        write(visitor, "still");
        assertThat(read(channel.socket(), 5)).isEqualTo("still");
      }
    }
  }

  @Test
  void shortOpenTimeoutDoesNotEndTheClient() throws Exception {
    try (var server = new BoreServer(ANY, BoreServer.PORTS, Duration.ofMillis(50));
        Joined client = server.join(0)) {
      for (int i = 0; i < 2; i++) {
        try (Socket visitor = server.visit(client.port())) {
          assertThat(client.control().announced()).isNotEmpty();
          assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
        }
      }
    }
  }

  /** Without keep-alive probes an idle channel would stay open forever after its client is gone. */
  @Test
  void idleDataChannelIsProbedByKeepAlive() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port());
        BoreMessages channel = accept(server, client.control().announced(), "x")) {
      assertThat(read(visitor, 1)).isEqualTo("x");
      KeepAliveProbe.assertDue(
          6, 60, server.remote().boreAddress().port(), channel.socket().getLocalPort());
    }
  }

  @Test
  void dataChannelForUnknownVisitorIsClosed() throws Exception {
    try (var server = new BoreServer();
        BoreMessages channel = accept(server, UUID.randomUUID().toString(), "data")) {
      assertThat(channel.rest()).isEmpty();
    }
  }

  @Test
  void visitorIsClaimedOnlyOnce() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      String id = client.control().announced();
      try (BoreMessages first = accept(server, id, "first")) {
        assertThat(read(visitor, 5)).isEqualTo("first");
        try (BoreMessages second = accept(server, id, "second")) {
          assertThat(second.rest()).isEmpty();
        }
        first.sendRaw("more");
        assertThat(read(visitor, 4)).isEqualTo("more");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"Nonsense\":0}', unable to parse message",
    "'GET / HTTP/1.1', unable to parse message",
    "'', unable to parse message",
    "'{\"Authenticate\":\"00\"}', 'the client has a secret, but none is required'"
  })
  void invalidFirstMessageClosesWithoutError(String sent, String logged) throws Exception {
    try (var server = new BoreServer();
        BoreMessages client = server.connect()) {
      client.send(sent);
      assertThat(client.rest()).isEmpty();
      server.awaitLog(logged);
    }
  }

  /** As in {@code very_long_frame} of bore: the client may send any length and is disconnected. */
  @Test
  void endlessFrameIsRejected() throws Exception {
    try (var server = new BoreServer();
        BoreMessages client = server.connect()) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  client.sendRaw("*".repeat(100_000));
                }
              })
          .isInstanceOf(IOException.class);
      server.awaitLog("frame error, invalid byte length");
    }
  }

  @Test
  void silentConnectionTimesOut() throws Exception {
    try (var server = new BoreServer();
        BoreMessages client = server.connect()) {
      assertThat(client.rest()).isEmpty();
      server.awaitLog("timed out waiting for initial message");
    }
  }

  private static UUID challenge(BoreMessages client) throws IOException {
    String text = client.receive();
    assertThat(text).matches("\\{\"Challenge\":\"[0-9a-f-]{36}\"}");
    return UUID.fromString(text.substring(14, 50));
  }

  private static String answer(UUID challenge, String secret) {
    return new ClientMessage.Authenticate(ChallengeResponse.to(challenge, BoreSecret.of(secret)))
        .json();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "secret", "sécret ✓"})
  void validSecretIsAcceptedOnEveryConnection(String secret) throws Exception {
    try (var server = new BoreServer(secret);
        BoreMessages control = server.connect()) {
      control.sendRaw(answer(challenge(control), secret) + "\0{\"Hello\":0}\0");
      int port = Integer.parseInt(control.receive().replaceAll("\\D", ""));
      assertThat(control.receive()).isEqualTo(HEARTBEAT);
      try (Socket visitor = server.visit(port);
          BoreMessages channel = server.connect()) {
        UUID challenge = challenge(channel);
        channel.sendRaw(
            answer(challenge, secret) + "\0{\"Accept\":\"" + control.announced() + "\"}\0hi");
        assertThat(read(visitor, 2)).isEqualTo("hi");
      }
    }
  }

  @Test
  void anyOfSeveralSecretsIsAccepted() throws Exception {
    try (var server = new BoreServer("old", "new")) {
      for (String secret : new String[] {"old", "new"}) {
        try (BoreMessages control = server.connect()) {
          control.sendRaw(answer(challenge(control), secret) + "\0{\"Hello\":0}\0");
          assertThat(control.receive()).startsWith("{\"Hello\":");
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"Authenticate\":\"00\"}', invalid secret",
    "'{\"Authenticate\":\"wrong answer\"}', invalid secret",
    "'{\"Hello\":0}', 'server requires secret, but no secret was provided'",
    "'{\"Accept\":\"17d627d5-186a-4a45-8679-d49a45204e2c\"}',"
        + " 'server requires secret, but no secret was provided'",
    "'null', 'server requires secret, but no secret was provided'",
    "'nonsense', unable to parse message"
  })
  void clientWithoutValidSecretReceivesTheReason(String sent, String why) throws Exception {
    try (var server = new BoreServer("secret");
        BoreMessages client = server.connect()) {
      challenge(client);
      client.send(sent);
      assertThat(client.rest()).isEqualTo("{\"Error\":\"" + why + "\"}\0");
      server.awaitLog("rejected", why);
    }
  }

  @Test
  void answerToAnotherChallengeIsRejected() throws Exception {
    try (var server = new BoreServer("secret");
        BoreMessages first = server.connect();
        BoreMessages second = server.connect()) {
      challenge(second);
      second.send(answer(challenge(first), "secret"));
      assertThat(second.rest()).isEqualTo("{\"Error\":\"invalid secret\"}\0");
    }
  }

  @Test
  void tooLongAnswerReceivesAnError() throws Exception {
    try (var server = new BoreServer("secret");
        BoreMessages client = server.connect()) {
      challenge(client);
      client.sendRaw("*".repeat(257));
      assertThat(client.rest()).isEqualTo("{\"Error\":\"frame error, invalid byte length\"}\0");
    }
  }

  @Test
  void missingAnswerReceivesAnError() throws Exception {
    try (var server = new BoreServer("secret");
        BoreMessages client = server.connect()) {
      challenge(client);
      assertThat(client.rest())
          .isEqualTo("{\"Error\":\"timed out waiting for initial message\"}\0");
    }
  }

  /** A client exits when its control connection ends and cuts its relays. */
  @Test
  void drainWaitsForVisitorsOfEachClient() throws Exception {
    try (var server = new BoreServer();
        Joined idle = server.join(0);
        Joined busy = server.join(0);
        Socket visitor = server.visit(busy.port());
        BoreMessages channel = accept(server, busy.control().announced(), "")) {
      write(visitor, "a");
      assertThat(read(channel.socket(), 1)).isEqualTo("a");
      Thread drain = Thread.ofVirtual().start(() -> server.remote().drain(RolePair.LIMIT));
      assertThat(idle.control().rest()).isEmpty();
      assertThatThrownBy(() -> server.visit(busy.port())).isInstanceOf(IOException.class);
      channel.sendRaw("b");
      assertThat(read(visitor, 1)).isEqualTo("b");
      visitor.shutdownOutput();
      channel.socket().shutdownOutput();
      assertThat(readAll(visitor)).isEmpty();
      assertThat(busy.control().rest()).isEmpty();
      drain.join();
    }
  }

  @Test
  void drainWaitsForDataChannelInFlight() throws Exception {
    try (var server = new BoreServer();
        Joined client = server.join(0);
        Socket visitor = server.visit(client.port())) {
      String id = client.control().announced();
      Thread drain = Thread.ofVirtual().start(() -> server.remote().drain(RolePair.LIMIT));
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThatThrownBy(() -> server.visit(client.port()).close())
                  .isInstanceOf(IOException.class));
      try (BoreMessages channel = accept(server, id, "last")) {
        channel.socket().shutdownOutput();
        assertThat(readAll(visitor)).isEqualTo("last");
        visitor.shutdownOutput();
        assertThat(client.control().rest()).doesNotContain("Error");
      }
      drain.join();
    }
  }
}
