package culvert.mux;

import static culvert.mux.LivenessRule.Verdict.ALIVE;
import static culvert.mux.LivenessRule.Verdict.BLOCKED;
import static culvert.mux.LivenessRule.Verdict.PING;
import static culvert.mux.LivenessRule.Verdict.SILENT;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a peer is asked and when it is given up, while all clocks go as they should. */
class LivenessRuleTest {

  private final FakeTicker ticks = new FakeTicker();

  @Test
  void silentPeerIsPingedAfterHeartbeatAndDeadAfterTimeout() {
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).isEqualTo(10_000);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(20_000);
  }

  @Test
  void silentPeerIsPingedOncePerHeartbeat() {
    var patient = new FakeTicker(new Heartbeat(Duration.ofSeconds(10), Duration.ofSeconds(35)));
    for (long asked = 10_000; asked <= 30_000; asked += 10_000) {
      assertThat(patient.untilNotWell()).isEqualTo(PING);
      assertThat(patient.millis()).isEqualTo(asked);
    }
    assertThat(patient.untilNotWell()).isEqualTo(SILENT);
    assertThat(patient.millis()).isEqualTo(35_000);
  }

  @Test
  void sendingPeerIsNeverPinged() {
    for (int i = 0; i < 1000; i++) {
      ticks.sent++;
      ticks.received += i % 19 == 0 ? 1 : 0;
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
  }

  /** Behind bulk on a slow uplink nothing of the sender's own would ask in time. */
  @Test
  void receiverSendsOnePingPerHeartbeat() {
    for (int asked = 1; asked <= 5; asked++) {
      do {
        ticks.received++;
      } while (ticks.tick() == ALIVE);
      assertThat(ticks.millis()).isBetween(asked * 10_000L, asked * 10_500L);
      ticks.sent++;
    }
  }

  /** Pongs may queue behind bulk: it need not be one. */
  @Test
  void byteBeforeTimeoutKeepsPeerAlive() {
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    while (ticks.millis() < 19_500) {
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
    ticks.received++;
    ticks.sent++;
    assertThat(ticks.tick()).isEqualTo(ALIVE);
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).isEqualTo(30_000);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(40_000);
  }

  @Test
  void sentBytesDoNotCountAsReceived() {
    while (ticks.millis() < 19_500) {
      ticks.sent += 1000;
      ticks.tick();
    }
    assertThat(ticks.tick()).isEqualTo(SILENT);
  }

  @Test
  void blockedWriteTimesOutAlthoughPeerSends() {
    ticks.writing = true;
    ticks.received++;
    ticks.tick();
    long since = ticks.millis();
    while (ticks.millis() < since + 59_500) {
      ticks.received++;
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
    ticks.received++;
    assertThat(ticks.tick()).isEqualTo(BLOCKED);
  }

  /** A large send buffer on a slow uplink: it takes long to make room, and drains all the same. */
  @Test
  void writeIsNotBlockedWhileEarlierBytesAreAcknowledged() {
    ticks.writing = true;
    for (int i = 0; i < 1000; i++) {
      ticks.received++;
      ticks.arrived += i % 100 == 0 ? 1 : 0;
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
  }

  @Test
  void slowWriteIsNotBlocked() {
    ticks.writing = true;
    for (int i = 0; i < 1000; i++) {
      ticks.received++;
      ticks.sent += i % 119 == 0 ? 1 : 0;
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
  }

  @Test
  void pauseBetweenWritesRestartsWriteTimeout() {
    for (int i = 0; i < 1000; i++) {
      ticks.received++;
      ticks.writing = i % 119 != 0;
      assertThat(ticks.tick()).isIn(ALIVE, PING);
    }
  }

  @Test
  void unansweredOpenCausesOnePingAtOnce() {
    ticks.awaiting = true;
    assertThat(ticks.tick()).isEqualTo(PING);
    assertThat(ticks.untilNotWell()).isEqualTo(PING);
    assertThat(ticks.millis()).as("the ordinary question").isEqualTo(10_500);
    assertThat(ticks.untilNotWell()).isEqualTo(SILENT);
    assertThat(ticks.millis()).isEqualTo(20_000);
  }

  @Test
  void unansweredOpenCausesNoPingWhilePeerSends() {
    ticks.awaiting = true;
    for (int i = 0; i < 1000; i++) {
      ticks.received++;
      ticks.sent++;
      assertThat(ticks.tick()).isEqualTo(ALIVE);
    }
    assertThat(ticks.tick()).as("it fell silent").isEqualTo(PING);
  }

  @Test
  void peerIsQuietFromTickAfterPingUntilNextByte() {
    while (ticks.tick() == ALIVE) {
      assertThat(ticks.liveness.isQuiet()).as("no PING was sent yet").isFalse();
    }
    assertThat(ticks.liveness.isQuiet()).as("it had no time to answer").isFalse();
    ticks.tick();
    assertThat(ticks.liveness.isQuiet()).isTrue();
    ticks.tick();
    assertThat(ticks.liveness.isQuiet()).isTrue();
    ticks.received++;
    ticks.tick();
    assertThat(ticks.liveness.isQuiet()).isFalse();
    ticks.tick();
    assertThat(ticks.liveness.isQuiet()).as("its silence begins anew").isFalse();
  }
}
