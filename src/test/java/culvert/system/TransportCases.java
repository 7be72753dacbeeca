package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/**
 * Tests of a pair of processes over any transport. {@link PairIT} transfers a gigabyte in each
 * direction over Noise, the default.
 */
@Timeout(120)
abstract class TransportCases {

  private static final int MEGABYTE = 1 << 20;
  private static final int VISITORS = 200;

  /** Start of a JVM on a busy machine; TLS loads more classes than Noise. */
  private static final Duration BACK = Duration.ofSeconds(30);

  @TempDir private static Path folder;

  private static RoleCommands commands;
  private static TestServer server;
  private static RemoteProcess remote;
  private static RoleProcess origin;

  /** The current behaviour of the origin server. */
  private static volatile TestServer.Service service;

  @BeforeParameterizedClassInvocation
  static void start(TransportArguments transport) throws Exception {
    commands = transport.commands(new Credentials(folder));
    server = new TestServer(connection -> service.serve(connection));
    remote = commands.remote();
    origin = commands.origin(remote.control(), server.address());
    origin.line();
  }

  @AfterParameterizedClassInvocation
  static void stop() throws IOException {
    origin.close();
    remote.close();
    server.close();
  }

  @AfterEach
  void assertNoSessionLost() {
    assertThat(origin.err().lines("session lost")).isEmpty();
    for (RoleProcess role : List.of(remote.role(), origin)) {
      assertThat(role.err().lines("ERROR")).isEmpty();
      assertThat(role.process().isAlive()).isTrue();
    }
  }

  @Test
  void httpRequestIsAnswered() throws Exception {
    service = Web::serve;
    Web.assertAnswers(remote.outside());
  }

  @Test
  void visitorReceivesTheReplyAfterAHalfClose() throws Exception {
    long seed = Seed.random("replyAfterHalfClose").nextLong();
    var heard = new CompletableFuture<Long>();
    service =
        connection -> {
          heard.complete(RandomBytes.receive(connection.getInputStream()));
          new RandomBytes(~seed).send(connection.getOutputStream(), MEGABYTE);
          connection.shutdownOutput();
        };
    try (Socket visitor = remote.visit()) {
      long asked = new RandomBytes(seed).send(visitor.getOutputStream(), MEGABYTE).sum();
      visitor.shutdownOutput();
      long answer = RandomBytes.receive(visitor.getInputStream());
      assertThat(heard.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(asked);
      assertThat(answer)
          .isEqualTo(new RandomBytes(~seed).send(OutputStream.nullOutputStream(), MEGABYTE).sum());
    }
  }

  @Test
  void visitorResetReachesTheOriginServer() throws Exception {
    var begun = new CompletableFuture<Boolean>();
    var end = new CompletableFuture<Integer>();
    service =
        connection -> {
          begun.complete(connection.getInputStream().read() == 'a');
          try {
            end.complete(connection.getInputStream().read());
          } catch (SocketException e) {
            end.completeExceptionally(e);
          }
        };
    Socket visitor = remote.visit();
    visitor.getOutputStream().write('a');
    assertThat(begun.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    visitor.setSoLinger(true, 0);
    visitor.close();
    assertThat(end).failsWithin(RolePair.LIMIT).withThrowableThat().withMessageContaining("reset");
  }

  @Test
  void originServerResetReachesTheVisitor() throws Exception {
    service =
        connection -> {
          connection.getInputStream().read();
          connection.setSoLinger(true, 0);
        };
    try (Socket visitor = remote.visit()) {
      visitor.getOutputStream().write('a');
      assertThatThrownBy(() -> visitor.getInputStream().read()).hasMessageContaining("reset");
    }
  }

  @Test
  void twoHundredConcurrentVisitorsAreServed() throws Exception {
    service = connection -> connection.getInputStream().transferTo(connection.getOutputStream());
    List<Socket> visitors = new ArrayList<>();
    try {
      for (int i = 0; i < VISITORS; i++) {
        visitors.add(remote.visit());
      }
      for (int i = 0; i < VISITORS; i++) {
        visitors.get(i).getOutputStream().write(i);
      }
      for (int i = 0; i < VISITORS; i++) {
        assertThat(visitors.get(i).getInputStream().read()).isEqualTo(i);
      }
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  @Test
  void sixtyFourMegabytesInBothDirectionsAtOnceArrive() throws Exception {
    long seed = Seed.random("sixtyFourMegabytes").nextLong();
    try (var transfers = new VerifiedTransfers()) {
      service = transfers::serve;
      boolean well = transfers.visit(remote.outside(), seed, 64 * MEGABYTE, 64 * MEGABYTE);
      assertThat(transfers.faults()).isEmpty();
      assertThat(well).isTrue();
    }
  }

  @Test
  void killedOriginProxyResetsItsVisitorsAndTheNextServes() throws Exception {
    try (var origins = TestServer.bulkOrEcho();
        RemoteProcess own = commands.remote();
        RoleProcess first = commands.origin(own.control(), origins.address())) {
      first.line();
      try (var load = ContinuousLoad.on(own)) {
        first.kill();
        assertThat(load.ends()).containsOnly(ContinuousLoad.End.RESET);
      }
      long since = System.nanoTime();
      try (RoleProcess next = commands.origin(own.control(), origins.address())) {
        assertThat(own.awaitServing(since)).isLessThan(BACK);
        next.line();
      }
    }
  }

  @Test
  void killedRemoteProxyResetsItsVisitorsAndTheNextServes() throws Exception {
    try (var origins = TestServer.bulkOrEcho();
        RemoteProcess own = commands.remote();
        RoleProcess first = commands.origin(own.control(), origins.address())) {
      first.line();
      try (var load = ContinuousLoad.on(own)) {
        own.role().kill();
        assertThat(load.ends()).containsOnly(ContinuousLoad.End.RESET);
      }
      first.err().await("session lost");
      long since = System.nanoTime();
      try (RemoteProcess next = commands.again(own)) {
        assertThat(next.awaitServing(since)).isLessThan(BACK);
      }
    }
  }
}
