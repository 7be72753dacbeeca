package culvert.mux;

import static culvert.mux.LivenessRule.Verdict.ALIVE;
import static culvert.mux.LivenessRule.Verdict.BLOCKED;
import static culvert.mux.LivenessRule.Verdict.PING;
import static culvert.mux.LivenessRule.Verdict.SILENT;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sleeping processes, sleeping machines and clocks that are set do not blame the peer. */
class LivenessRuleClockTest {

  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final FakeTicker ticks = new FakeTicker();

  @Test
  void forwardClockChangeOnlyCausesPing() {
    assertThat(ticks.after(500, HOUR)).isEqualTo(PING);
    ticks.sent++;
    ticks.received++;
    assertThat(ticks.tick()).isEqualTo(ALIVE);
    long heard = ticks.millis();
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).isEqualTo(heard + 10_000);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).as("the whole timeout is back").isEqualTo(heard + 20_000);
  }

  @Test
  void backwardClockChangeIsIgnored() {
    assertThat(ticks.after(500, -HOUR)).isEqualTo(ALIVE);
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).isEqualTo(10_000);
  }

  @Test
  void repeatedClockChangesKeepAnsweringPeerAlive() {
    for (int i = 0; i < 1000; i++) {
      assertThat(ticks.after(500, i % 2 == 0 ? HOUR : -HOUR)).isIn(ALIVE, PING);
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
  }

  @Test
  void smallClockDriftIsIgnored() {
    assertThat(ticks.after(500, 1500)).isEqualTo(ALIVE);
    assertThat(ticks.after(500, 2500)).isEqualTo(ALIVE);
    assertThat(ticks.after(2500, 2500)).isEqualTo(ALIVE);
  }

  @Test
  void suspendedProcessSendsPingAndGrantsGracePeriod() {
    assertThat(ticks.after(HOUR)).isEqualTo(PING);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(HOUR + 5000);
  }

  /** Its clock of nanoseconds stood still meanwhile. */
  @Test
  void suspendedHostSendsPingAndGrantsGracePeriod() {
    assertThat(ticks.after(500, HOUR)).isEqualTo(PING);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(5500);
  }

  @Test
  void gracePeriodIsAtMostQuarterOfTimeout() {
    var hasty = new FakeTicker(new Heartbeat(Duration.ofSeconds(2), Duration.ofSeconds(4)));
    assertThat(hasty.after(HOUR)).isEqualTo(PING);
    assertThat(hasty.tick()).isEqualTo(ALIVE);
    assertThat(hasty.tick()).isEqualTo(SILENT);
  }

  @Test
  void peerHeardDuringSuspensionIsNotPinged() {
    ticks.sent++;
    ticks.received++;
    assertThat(ticks.after(HOUR)).isEqualTo(ALIVE);
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).isEqualTo(HOUR + 10_000);
  }

  @Test
  void repeatedLateTicksDoNotExtendTimeoutForever() {
    assertThat(ticks.after(18_000)).isEqualTo(PING);
    assertThat(ticks.after(3000)).isEqualTo(ALIVE);
    assertThat(ticks.after(3000)).isEqualTo(SILENT);
  }

  /** A pause is no reason to blame a peer earlier than without it. */
  @Test
  void lateTickDoesNotShortenTimeout() {
    assertThat(ticks.after(3000)).isEqualTo(PING);
    while (ticks.millis() < 19_500) {
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
    assertThat(ticks.tick()).isEqualTo(SILENT);
  }

  @Test
  void lateTicksAndClockChangesDoNotShortenWriteTimeout() {
    ticks.writing = true;
    ticks.tick();
    ticks.received++;
    assertThat(ticks.after(3000)).isIn(ALIVE, PING);
    ticks.received++;
    assertThat(ticks.after(500, 5000)).isIn(ALIVE, PING);
    while (ticks.millis() < 59_500) {
      ticks.received++;
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
  }

  @Test
  void answeringPeerGetsGracePeriodAtNextSuspension() {
    for (int i = 0; i < 10; i++) {
      assertThat(ticks.after(HOUR)).isEqualTo(PING);
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
  }

  @Test
  void writeDuringSuspensionGetsGracePeriod() {
    ticks.writing = true;
    ticks.tick();
    assertThat(ticks.after(HOUR)).isEqualTo(PING);
    while (ticks.millis() < 500 + HOUR + 4500) {
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
    ticks.received++;
    assertThat(ticks.tick()).isEqualTo(BLOCKED);
  }

  /** Either the reader or the writer wakes first, at random. */
  @Test
  void bytesReceivedDuringSuspensionDoNotAffectWriteTimeout() {
    ticks.writing = true;
    ticks.tick();
    ticks.received++;
    assertThat(ticks.after(HOUR)).isIn(ALIVE, PING);
    ticks.received++;
    ticks.sent++;
    assertThat(ticks.tick()).isEqualTo(ALIVE);
  }

  @Test
  void repeatedLateTicksDoNotExtendWriteTimeoutForever() {
    ticks.writing = true;
    ticks.tick();
    while (ticks.millis() < 57_500) {
      ticks.received++;
      assertThat(ticks.after(3000)).isIn(ALIVE, PING);
    }
    ticks.received++;
    assertThat(ticks.after(3000)).isEqualTo(BLOCKED);
  }

  @Test
  void answeringPeerStaysAliveWithAnyClocks() {
    Random random = Seed.random("answeringPeerStaysAliveWithAnyClocks");
    for (int i = 0; i < 100_000; i++) {
      ticks.writing = random.nextBoolean();
      ticks.awaiting = random.nextBoolean();
      ticks.sent += i % 2;
      LivenessRule.Verdict verdict = ticks.after(passed(random), random.nextLong(-HOUR, HOUR));
      assertThat(verdict).isIn(ALIVE, PING);
      ticks.received += verdict == PING || random.nextInt(10) == 0 ? 1 : 0;
    }
  }

  @Test
  void deadPeerIsDetectedWithAnyClocks() {
    Random random = Seed.random("deadPeerIsDetectedWithAnyClocks");
    for (int i = 0; i < 1000; i++) {
      var dead = new FakeTicker();
      long before;
      do {
        before = dead.millis();
      } while (dead.after(passed(random), random.nextLong(-HOUR, HOUR)) != SILENT);
      assertThat(before).as("the tick before").isLessThan(20_000 + 5000 + HOUR);
    }
  }

  /** Mostly in time, sometimes late, seldom very late. */
  private static long passed(Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> random.nextLong(HOUR);
      case 1, 2 -> random.nextLong(10_000);
      default -> FakeTicker.TICK_MILLIS;
    };
  }
}
