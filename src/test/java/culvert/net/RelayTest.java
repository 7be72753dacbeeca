package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.Seed;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client and a server, each behind a socket, with a relay between. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RelayTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  /** Fits into the buffers of the kernel, in bytes. */
  private static final int RESPONSE = 1_000_000;

  private final Deadlines deadlines = new Deadlines();
  private Loopback clientSide;
  private Loopback serverSide;
  private SocketConnection client;
  private SocketConnection server;

  @BeforeEach
  void connect() throws IOException {
    clientSide = Loopback.open();
    serverSide = Loopback.open();
    client = clientSide.near();
    server = serverSide.near();
  }

  @AfterEach
  void close() {
    clientSide.close();
    serverSide.close();
    deadlines.close();
  }

  @Test
  void halfCloseByClientDoesNotCutResponse() throws Exception {
    var relay = start(LONG);
    byte[] answer = new byte[1_000_000];
    Seed.random("RelayTest").nextBytes(answer);
    client.output().write(new byte[] {1, 2, 3});
    client.closeOutput();
    assertThat(server.input().readAllBytes()).containsExactly(1, 2, 3);
    var answering =
        new FutureTask<Void>(() -> {
          server.output().write(answer);
          server.closeOutput();
          return null;
        });
    Threads.start("answer", answering);
    assertThat(client.input().readAllBytes()).isEqualTo(answer);
    answering.get(10, TimeUnit.SECONDS);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void halfCloseByServerDoesNotCutRequest() throws Exception {
    var relay = start(LONG);
    server.closeOutput();
    assertThat(client.input().read()).isEqualTo(-1);
    client.output().write(new byte[100_000]);
    client.closeOutput();
    assertThat(server.input().readAllBytes()).hasSize(100_000);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void resetByClientIsForwardedToServer() throws Exception {
    var relay = start(LONG);
    client.output().write(1);
    assertThat(server.input().read()).isEqualTo(1);
    client.reset();
    resetReaches(server);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.FIRST_FAILED);
  }

  @Test
  void resetByServerIsForwardedToClient() throws Exception {
    var relay = start(LONG);
    server.output().write(1);
    assertThat(client.input().read()).isEqualTo(1);
    server.reset();
    resetReaches(client);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.SECOND_FAILED);
  }

  @Test
  void resetAfterHalfCloseIsForwarded() throws Exception {
    var relay = start(LONG);
    client.closeOutput();
    assertThat(server.input().read()).isEqualTo(-1);
    server.output().write(new byte[10]);
    client.input().readNBytes(10);
    server.reset();
    resetReaches(client);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.SECOND_FAILED);
  }

  @Test
  void idleHalfClosedRelayIsReset() throws Exception {
    var relay = start(Duration.ofMillis(50));
    client.closeOutput();
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.HALF_CLOSED_IDLE);
    resetReaches(client);
  }

  /** The rest is in the buffers of the kernel, which delivers it after a close only. */
  @Test
  void idleHalfClosedRelayDeliversWhatHasEnded() throws Exception {
    var relay = start(Duration.ofMillis(50));
    server.output().write(new byte[RESPONSE]);
    server.closeOutput();
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.HALF_CLOSED_IDLE);
    assertThat(client.input().readAllBytes()).hasSize(RESPONSE);
    assertThat(client.closeCause()).isEmpty();
    resetReaches(server);
  }

  /** A server that does not read the rest of a request after its response. */
  @Test
  void resetAfterTheEndOfAResponseDoesNotCutIt() throws Exception {
    var relay = start(LONG);
    server.output().write(new byte[RESPONSE]);
    server.closeOutput();
    awaitEndForClient();
    server.reset();
    client.output().write(1);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.SECOND_FAILED);
    assertThat(client.input().readAllBytes()).hasSize(RESPONSE);
  }

  private void awaitEndForClient() throws Exception {
    var toClient = clientSide.far().channel().socket();
    Eventually.within(LONG, () -> assertThat(toClient.isOutputShutdown()).isTrue());
  }

  @Test
  void receiverThatPausesLongerThanTheHalfCloseLimitLosesNothing() throws Exception {
    byte[] answer = new byte[16 * RESPONSE];
    Seed.random("RelayTest").nextBytes(answer);
    // Long enough for a thread that a busy machine starts late.
    var limit = Duration.ofSeconds(1);
    var relay = start(limit);
    client.closeOutput();
    assertThat(server.input().read()).isEqualTo(-1);
    var answering =
        new FutureTask<Void>(() -> {
          server.output().write(answer);
          server.closeOutput();
          return null;
        });
    Threads.start("answer", answering);
    assertThat(client.input().readNBytes(RESPONSE)).hasSize(RESPONSE);
    var pause = new FutureTask<>(() -> "over");
    deadlines.after(limit.multipliedBy(5).dividedBy(2), pause);
    pause.get(10, TimeUnit.SECONDS);
    assertThat(client.input().readAllBytes()).hasSize(answer.length - RESPONSE);
    answering.get(10, TimeUnit.SECONDS);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void halfClosedRelayOfAReceiverThatReadsNothingEnds() throws Exception {
    var relay = start(Duration.ofMillis(20));
    client.closeOutput();
    assertThat(server.input().read()).isEqualTo(-1);
    var flood =
        new FutureTask<Void>(() -> {
          for (; ; ) {
            server.output().write(new byte[RESPONSE]);
          }
        });
    Thread flooding = Threads.start("flood", flood);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.HALF_CLOSED_IDLE);
    flooding.join();
    resetReaches(client);
  }

  /** As a stream does: all bytes are there, and only the other direction has failed. */
  @Test
  void failureOfOneDirectionWaitsForTheDeliveryOfTheOther() throws Exception {
    var broken = new AtomicReference<Runnable>();
    var complete =
        new ForwardingConnection(serverSide.far()) {
          @Override
          public boolean onBroken(Runnable action) {
            broken.set(action);
            return true;
          }

          @Override
          public boolean isInputComplete() {
            return true;
          }
        };
    var relay = new Relay("test", clientSide.far(), complete, deadlines, LONG);
    var task = new FutureTask<>(relay::run);
    Threads.start("relay", task);
    server.output().write(new byte[RESPONSE]);
    Eventually.within(LONG, () -> assertThat(broken.get()).isNotNull());
    broken.get().run();
    server.closeOutput();
    assertThat(task.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.SECOND_FAILED);
    assertThat(client.input().readAllBytes()).hasSize(RESPONSE);
  }

  @Test
  void idleRelayIsResetAfterTheIdleLimit() throws Exception {
    var idle = new Relay.IdleLimits(LONG, Optional.of(Duration.ofMillis(50)));
    var relay = new Relay("test", clientSide.far(), serverSide.far(), deadlines, idle);
    var task = new FutureTask<>(relay::run);
    Threads.start("relay", task);
    assertThat(task.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.IDLE);
    resetReaches(client);
    resetReaches(server);
  }

  /** The shorter of the two limits applies after a half-close. */
  @Test
  void idleLimitAppliesToAHalfClosedRelayToo() throws Exception {
    var idle = new Relay.IdleLimits(LONG, Optional.of(Duration.ofMillis(300)));
    var relay = new Relay("test", clientSide.far(), serverSide.far(), deadlines, idle);
    var task = new FutureTask<>(relay::run);
    Threads.start("relay", task);
    client.closeOutput();
    assertThat(server.input().read()).isEqualTo(-1);
    assertThat(task.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.HALF_CLOSED_IDLE);
  }

  @Test
  void idleRelayStaysOpenUnlessHalfClosed() throws Exception {
    var relay = start(Duration.ofMillis(1));
    var later = new FutureTask<>(() -> "later");
    deadlines.after(Duration.ofMillis(100), later);
    later.get(10, TimeUnit.SECONDS);
    client.output().write(1);
    assertThat(server.input().read()).isEqualTo(1);
    client.closeOutput();
    server.closeOutput();
    relay.get(10, TimeUnit.SECONDS);
  }

  /** Half-closed for four times the limit, but never silent for it. */
  @Test
  void activeHalfClosedRelayStaysOpen() throws Exception {
    var silence = Duration.ofMillis(600);
    var relay = start(silence);
    client.closeOutput();
    assertThat(server.input().read()).isEqualTo(-1);
    long end = System.nanoTime() + silence.multipliedBy(4).toNanos();
    while (System.nanoTime() < end) {
      server.output().write(1);
      assertThat(client.input().read()).isEqualTo(1);
    }
    server.closeOutput();
    assertThat(client.input().read()).isEqualTo(-1);
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void bytesReceivedBeforeStartAreRelayed() throws Exception {
    client.output().write(new byte[] {1, 2, 3, 4});
    client.closeOutput();
    // As a PROXY header would: a part is read before the relay takes over.
    assertThat(clientSide.far().input().readNBytes(2)).containsExactly(1, 2);
    var relay = start(LONG);
    assertThat(server.input().readAllBytes()).containsExactly(3, 4);
    server.closeOutput();
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void forwardLoopRunsBeforeFinish() throws Exception {
    var relay = relay(LONG);
    relay.startForward();
    client.output().write(5);
    assertThat(server.input().read()).isEqualTo(5);
    client.closeOutput();
    server.closeOutput();
    assertThat(relay.finish()).isEqualTo(Relay.Outcome.COMPLETED);
  }

  @Test
  void abortResetsBothConnections() throws Exception {
    var relay = relay(LONG);
    relay.startForward();
    relay.abort();
    resetReaches(client);
    resetReaches(server);
  }

  @Test
  void relayClosedByThisSideIsStoppedNotFailed() throws Exception {
    var relay = start(LONG);
    client.output().write(1);
    assertThat(server.input().read()).isEqualTo(1);
    clientSide.far().reset();
    assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.STOPPED);
    resetReaches(client);
    resetReaches(server);
  }

  @Test
  void finishedRelayHasClosedBothConnections() throws Exception {
    var relay = start(LONG);
    client.closeOutput();
    server.closeOutput();
    relay.get(10, TimeUnit.SECONDS);
    assertThat(clientSide.far().channel().isOpen()).isFalse();
    assertThat(serverSide.far().channel().isOpen()).isFalse();
  }

  /** The thread that waits for the relay must get the exception, not wait forever. */
  @Test
  void unexpectedExceptionInForwardLoopEndsRelayAndIsThrown() throws Exception {
    var bug = new IllegalStateException("a bug");
    var relay =
        new Relay("test", new Buggy(clientSide.far(), bug), serverSide.far(), deadlines, LONG);
    var task = new FutureTask<>(relay::run);
    Threads.start("relay", task);
    assertThatThrownBy(() -> task.get(10, TimeUnit.SECONDS)).hasRootCause(bug);
    resetReaches(client);
  }

  /**
   * A thread that breaks the relay is held up between the first connection and the second, and the
   * relay's own loops are faster.
   */
  @Test
  void failedRelayIsNeverClosedCleanly() throws Exception {
    var held = new CountDownLatch(1);
    var broken = new AtomicReference<Runnable>();
    var first =
        new ForwardingConnection(clientSide.far()) {
          @Override
          public boolean onBroken(Runnable action) {
            broken.set(action);
            return true;
          }

          @Override
          public void reset() {
            if (Thread.currentThread().getName().equals("breaker")) {
              clientSide.far().reset();
              awaitQuietly(held);
            }
            super.reset();
          }
        };
    var relay = new Relay("test", first, serverSide.far(), deadlines, LONG);
    relay.startForward();
    server.closeOutput();
    Thread breaker = Threads.start("breaker", () -> broken.get().run());
    assertThat(relay.finish()).isEqualTo(Relay.Outcome.FIRST_FAILED);
    resetReaches(server);
    held.countDown();
    breaker.join();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A connection whose first read fails as only a bug can. */
  private static final class Buggy extends ForwardingConnection {
    private final RuntimeException bug;

    Buggy(Connection real, RuntimeException bug) {
      super(real);
      this.bug = bug;
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) {
          throw bug;
        }
      };
    }
  }

  private Relay relay(Duration silence) {
    return new Relay("test", clientSide.far(), serverSide.far(), deadlines, silence);
  }

  private FutureTask<Relay.Outcome> start(Duration silence) {
    var task = new FutureTask<>(relay(silence)::run);
    Threads.start("relay", task);
    return task;
  }

  /** Never a clean end: reading must fail, not finish. */
  private static void resetReaches(SocketConnection connection) {
    assertThatThrownBy(() -> connection.input().readAllBytes())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(connection.closeCause()).contains(CloseCause.RESET);
  }
}
