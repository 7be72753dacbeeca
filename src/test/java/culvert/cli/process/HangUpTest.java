package culvert.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HangUpTest {

  private final Stop stop = new Stop();
  private final AtomicBoolean hasTerminalClosed = new AtomicBoolean();
  private final HangUp hangUp = new HangUp(stop, hasTerminalClosed::get);

  @Test
  void signalRunsTheActionWhileTheTerminalIsOpen() {
    var runs = new AtomicInteger();
    hangUp.accept(runs::incrementAndGet);
    hangUp.signalled();
    hangUp.signalled();
    assertThat(runs).hasValue(2);
    assertThat(stop.request()).as("not stopped before").isTrue();
    assertThat(stop.cause()).isEmpty();
  }

  /** A role has written its first line before it sets the action. */
  @Test
  void signalsBeforeTheActionIsSetRunItOnceThen() {
    var runs = new AtomicInteger();
    hangUp.signalled();
    hangUp.signalled();
    hangUp.accept(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
    hangUp.accept(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }

  @Test
  void lossOfTheTerminalRunsActionsAddedBeforeAndAfterIt() {
    var runs = new AtomicInteger();
    hangUp.whenTerminalIsLost(runs::incrementAndGet);
    assertThat(runs).hasValue(0);
    hangUp.terminalLost();
    assertThat(runs).hasValue(1);
    hangUp.whenTerminalIsLost(runs::incrementAndGet);
    assertThat(runs).hasValue(2);
  }

  /** The terminal and the shell may each send the signal: the second is not a second TERM. */
  @Test
  void signalRequestsAStopOnceTheTerminalHasClosed() throws Exception {
    hangUp.accept(() -> {
      throw new AssertionError("no reload");
    });
    hasTerminalClosed.set(true);
    hangUp.signalled();
    hangUp.signalled();
    stop.await();
    assertThat(stop.cause()).contains("terminal closed");
  }
}
