package culvert.mux;

import static culvert.mux.LivenessRule.Verdict.ASK;
import static culvert.mux.LivenessRule.Verdict.SILENT;
import static culvert.mux.LivenessRule.Verdict.STUCK;
import static culvert.mux.LivenessRule.Verdict.WELL;
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
  void aClockThatIsSetForwardOnlyAsks() {
    assertThat(ticks.after(500, HOUR)).isEqualTo(ASK);
    ticks.sent++;
    ticks.received++;
    assertThat(ticks.tick()).isEqualTo(WELL);
    long heard = ticks.millis();
    assertThat(ticks.untilNotWell()).isEqualTo(ASK);
    assertThat(ticks.millis()).isEqualTo(heard + 10_000);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).as("the whole timeout is back").isEqualTo(heard + 20_000);
  }

  @Test
  void aClockThatIsSetBackMeansNothing() {
    assertThat(ticks.after(500, -HOUR)).isEqualTo(WELL);
    assertThat(ticks.untilNotWell()).isEqualTo(ASK);
    assertThat(ticks.millis()).isEqualTo(10_000);
  }

  @Test
  void aClockThatIsSetAllTheTimeNeverBlamesAPeerThatAnswers() {
    for (int i = 0; i < 1000; i++) {
      assertThat(ticks.after(500, i % 2 == 0 ? HOUR : -HOUR)).isIn(WELL, ASK);
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(WELL);
    }
  }

  @Test
  void aClockThatDriftsALittleMeansNothing() {
    assertThat(ticks.after(500, 1500)).isEqualTo(WELL);
    assertThat(ticks.after(500, 2500)).isEqualTo(WELL);
    assertThat(ticks.after(2500, 2500)).isEqualTo(WELL);
  }

  @Test
  void aProcessThatWasStoppedAsksAndGivesThePeerAShortWhile() {
    assertThat(ticks.after(HOUR)).isEqualTo(ASK);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(HOUR + 5000);
  }

  /** Its clock of nanoseconds stood still meanwhile. */
  @Test
  void aMachineThatSleptAsksAndGivesThePeerAShortWhile() {
    assertThat(ticks.after(500, HOUR)).isEqualTo(ASK);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(5500);
  }

  @Test
  void theShortWhileIsNeverMoreThanAQuarterOfTheTimeout() {
    var hasty = new FakeTicker(new Heartbeat(Duration.ofSeconds(2), Duration.ofSeconds(4)));
    assertThat(hasty.after(HOUR)).isEqualTo(ASK);
    assertThat(hasty.tick()).isEqualTo(WELL);
    assertThat(hasty.tick()).isEqualTo(SILENT);
  }

  @Test
  void aPeerThatHasTalkedMeanwhileIsNotEvenAsked() {
    ticks.sent++;
    ticks.received++;
    assertThat(ticks.after(HOUR)).isEqualTo(WELL);
    assertThat(ticks.untilNotWell()).isEqualTo(ASK);
    assertThat(ticks.millis()).isEqualTo(HOUR + 10_000);
  }

  @Test
  void ticksThatAreLateAgainAndAgainDoNotExcuseThePeerForEver() {
    assertThat(ticks.after(18_000)).isEqualTo(ASK);
    assertThat(ticks.after(3000)).isEqualTo(WELL);
    assertThat(ticks.after(3000)).isEqualTo(SILENT);
  }

  /** A pause is no reason to blame a peer earlier than without it. */
  @Test
  void aLateTickShortensNoWait() {
    assertThat(ticks.after(3000)).isEqualTo(ASK);
    while (ticks.millis() < 19_500) {
      assertThat(ticks.tick()).isIn(WELL, ASK);
    }
    assertThat(ticks.tick()).isEqualTo(SILENT);
  }

  @Test
  void neitherALateTickNorAClockThatIsSetShortensTheWaitForAWrite() {
    ticks.writing = true;
    ticks.tick();
    ticks.received++;
    assertThat(ticks.after(3000)).isIn(WELL, ASK);
    ticks.received++;
    assertThat(ticks.after(500, 5000)).isIn(WELL, ASK);
    while (ticks.millis() < 59_500) {
      ticks.received++;
      assertThat(ticks.tick()).isIn(WELL, ASK);
    }
  }

  @Test
  void aPeerThatAnsweredIsExcusedAtTheNextSleepToo() {
    for (int i = 0; i < 10; i++) {
      assertThat(ticks.after(HOUR)).isEqualTo(ASK);
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(WELL);
    }
  }

  @Test
  void aWriteThatWasUnderWayInASleepHasAShortWhileToo() {
    ticks.writing = true;
    ticks.tick();
    assertThat(ticks.after(HOUR)).isEqualTo(ASK);
    while (ticks.millis() < 500 + HOUR + 4500) {
      ticks.received++;
      assertThat(ticks.tick()).isEqualTo(WELL);
    }
    ticks.received++;
    assertThat(ticks.tick()).isEqualTo(STUCK);
  }

  /** Who wakes first, the reader or the writer, is chance. */
  @Test
  void bytesThatWaitedThroughASleepDoNotBlameTheWriteBesideThem() {
    ticks.writing = true;
    ticks.tick();
    ticks.received++;
    assertThat(ticks.after(HOUR)).isIn(WELL, ASK);
    ticks.received++;
    ticks.sent++;
    assertThat(ticks.tick()).isEqualTo(WELL);
  }

  @Test
  void ticksThatAreLateAgainAndAgainDoNotExcuseAWriteForEver() {
    ticks.writing = true;
    ticks.tick();
    while (ticks.millis() < 57_500) {
      ticks.received++;
      assertThat(ticks.after(3000)).isIn(WELL, ASK);
    }
    ticks.received++;
    assertThat(ticks.after(3000)).isEqualTo(STUCK);
  }

  @Test
  void whateverTheClocksDoAPeerThatAnswersLives() {
    Random random = Seed.random("aPeerThatAnswersLives");
    for (int i = 0; i < 100_000; i++) {
      ticks.writing = random.nextBoolean();
      ticks.awaiting = random.nextBoolean();
      ticks.sent += i % 2;
      LivenessRule.Verdict verdict = ticks.after(passed(random), random.nextLong(-HOUR, HOUR));
      assertThat(verdict).isIn(WELL, ASK);
      ticks.received += verdict == ASK || random.nextInt(10) == 0 ? 1 : 0;
    }
  }

  @Test
  void whateverTheClocksDoAPeerThatIsGoneIsGivenUp() {
    Random random = Seed.random("aPeerThatIsGoneIsGivenUp");
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
