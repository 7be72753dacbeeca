package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.Seed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A relay of two sockets at a limited rate. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RelayRateTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** So slow that a test would not see the end of a megabyte. */
  private static final int SLOW = 4096;

  private final BufferPool pool = new BufferPool();
  private final Deadlines deadlines = new Deadlines();
  private final TokenBucket up = new TokenBucket();
  private final TokenBucket down = new TokenBucket();
  private Loopback visitor;
  private Loopback server;
  private FutureTask<Relay.Outcome> running;

  @BeforeEach
  void start() throws Exception {
    visitor = Loopback.open(0, pool);
    server = Loopback.open(0, pool);
    running =
        start(visitor, server, new Relay.IdleLimits(Duration.ofSeconds(30), Optional.empty()));
  }

  private FutureTask<Relay.Outcome> start(
      Loopback visitor, Loopback server, Relay.IdleLimits idle) {
    var source = SourcePrefix.of(visitor.far().peer().getAddress());
    var limits =
        new BandwidthLimits(
            new BandwidthLimit(List.of(up), source), new BandwidthLimit(List.of(down), source));
    var relay = new Relay("test", visitor.far(), server.far(), deadlines, idle, limits);
    var run = new FutureTask<>(relay::run);
    Threads.start("relay", run);
    return run;
  }

  @AfterEach
  void close() throws Exception {
    visitor.close();
    server.close();
    running.get(10, TimeUnit.SECONDS);
    deadlines.close();
    assertThat(pool.budget().held()).isZero();
  }

  private void send(Connection from, byte[] bytes) {
    Threads.start(
        "sender",
        () -> {
          try {
            from.output().write(bytes);
          } catch (IOException e) {
            // The test is over.
          }
        });
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    Seed.random("RelayRateTest").nextBytes(bytes);
    return bytes;
  }

  /** The bytes beyond the burst take 1.75 s at the rate, and 3.75 s at half of it. */
  @Test
  void bothDirectionsHaveTheRate() throws Exception {
    up.setRate(100_000);
    down.setRate(100_000);
    byte[] sent = bytes(200_000);
    FutureTask<Duration> backward = timeToReceive(visitor.near(), sent);
    FutureTask<Duration> forward = timeToReceive(server.near(), sent);
    send(visitor.near(), sent);
    send(server.near(), sent);
    for (FutureTask<Duration> direction : List.of(forward, backward)) {
      assertThat(direction.get(30, TimeUnit.SECONDS)).isGreaterThan(Duration.ofMillis(1650));
    }
  }

  private static FutureTask<Duration> timeToReceive(Connection from, byte[] expected) {
    long begin = System.nanoTime();
    var time =
        new FutureTask<>(() -> {
          assertThat(from.input().readNBytes(expected.length)).isEqualTo(expected);
          return Duration.ofNanos(System.nanoTime() - begin);
        });
    Threads.start("receiver", time);
    return time;
  }

  @Test
  void directionWithoutARateIsNotDelayed() throws Exception {
    up.setRate(SLOW);
    send(visitor.near(), bytes(1_000_000));
    byte[] sent = bytes(1_000_000);
    send(server.near(), sent);
    assertThat(visitor.near().input().readNBytes(sent.length)).isEqualTo(sent);
    assertThat(server.near().received()).isLessThan(500_000);
  }

  @Test
  void loopThatWaitsHoldsNoLargeBuffer() throws Exception {
    up.setRate(SLOW);
    send(visitor.near(), bytes(1_000_000));
    server.near().input().readNBytes(SLOW);
    Eventually.within(
        LIMIT,
        () -> {
          assertThat(pool.borrowed()).isZero();
          assertThat(pool.budget().held()).isLessThan(4 * BufferPool.SMALL_BYTES);
        });
  }

  @Test
  void higherRateEndsTheWait() throws Exception {
    up.setRate(SLOW);
    byte[] sent = bytes(1_000_000);
    send(visitor.near(), sent);
    byte[] first = server.near().input().readNBytes(SLOW);
    up.setRate(TokenBucket.UNLIMITED);
    byte[] rest = server.near().input().readNBytes(sent.length - SLOW);
    assertThat(Arrays.copyOf(sent, SLOW)).isEqualTo(first);
    assertThat(Arrays.copyOfRange(sent, SLOW, sent.length)).isEqualTo(rest);
  }

  @Test
  void rateThatIsSetLaterLimitsAnOpenRelay() throws Exception {
    byte[] sent = bytes(1000);
    send(visitor.near(), sent);
    assertThat(server.near().input().readNBytes(sent.length)).isEqualTo(sent);
    up.setRate(100_000);
    long begin = System.nanoTime();
    byte[] more = bytes(80_000);
    send(visitor.near(), more);
    assertThat(server.near().input().readNBytes(more.length)).isEqualTo(more);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(400));
  }

  /** Both loops wait for their rates, and neither reads nor writes. */
  @Test
  void resetFromThisSideEndsTheWait() throws Exception {
    up.setRate(1024);
    down.setRate(1024);
    // What other visitors owe takes minutes.
    assertThat(up.tryTake(1_000_000)).isTrue();
    assertThat(down.tryTake(1_000_000)).isTrue();
    send(visitor.near(), bytes(1_000_000));
    send(server.near(), bytes(1_000_000));
    Eventually.within(
        LIMIT,
        () -> {
          assertThat(visitor.far().received()).isPositive();
          assertThat(server.far().received()).isPositive();
        });
    visitor.far().reset();
    assertThat(running.get(10, TimeUnit.SECONDS)).isNotEqualTo(Relay.Outcome.COMPLETED);
  }

  /** Each of them had reserved a piece, which stayed reserved: the next visitor waited for all. */
  @Test
  void relaysThatAreResetDelayNoOther() throws Exception {
    down.setRate(SLOW);
    var visitors = new ArrayList<Loopback>();
    var servers = new ArrayList<Loopback>();
    var relays = new ArrayList<FutureTask<Relay.Outcome>>();
    byte[] answer = bytes(10_000);
    for (int i = 0; i < 100; i++) {
      visitors.add(Loopback.open(0, pool));
      servers.add(Loopback.open(0, pool));
      servers.get(i).near().output().write(answer);
      relays.add(
          start(
              visitors.get(i),
              servers.get(i),
              new Relay.IdleLimits(Duration.ofSeconds(30), Optional.empty())));
    }
    for (Loopback server : servers) {
      Eventually.within(LIMIT, () -> assertThat(server.far().received()).isPositive());
    }
    visitors.forEach(visitor -> visitor.near().reset());
    for (FutureTask<Relay.Outcome> relay : relays) {
      assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.FIRST_FAILED);
    }
    servers.forEach(Loopback::close);
    long begin = System.nanoTime();
    server.near().output().write(1);
    assertThat(visitor.near().input().read()).isOne();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
  }

  /** The relay is silent for two and a half seconds, because of this side only. */
  @Test
  void waitForTheRateIsNoIdleness() throws Exception {
    up.setRate(SLOW);
    assertThat(up.tryTake(5 * SLOW / 2)).isTrue();
    byte[] sent = bytes(512);
    try (var waiting = Loopback.open(0, pool);
        var to = Loopback.open(0, pool)) {
      waiting.near().output().write(sent);
      var idle = new Relay.IdleLimits(Duration.ofSeconds(1), Optional.of(Duration.ofSeconds(1)));
      FutureTask<Relay.Outcome> relay = start(waiting, to, idle);
      assertThat(to.near().input().readNBytes(sent.length)).isEqualTo(sent);
      assertThat(relay.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.IDLE);
    }
  }

  @Test
  void halfCloseFollowsTheLastByte() throws Exception {
    up.setRate(100_000);
    byte[] sent = bytes(50_000);
    visitor.near().output().write(sent);
    visitor.near().closeOutput();
    assertThat(server.near().input().readAllBytes()).isEqualTo(sent);
    server.near().closeOutput();
    assertThat(visitor.near().input().read()).isEqualTo(-1);
    assertThat(running.get(10, TimeUnit.SECONDS)).isEqualTo(Relay.Outcome.COMPLETED);
  }
}
