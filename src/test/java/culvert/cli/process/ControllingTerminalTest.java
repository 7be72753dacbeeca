package culvert.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ControllingTerminalTest {

  private final AtomicBoolean isClosed = new AtomicBoolean();
  private final ControllingTerminal terminal = new ControllingTerminal(true, isClosed::get);

  private void check(int times) {
    for (int i = 0; i < times; i++) {
      terminal.check();
    }
  }

  @Test
  void hangUpAnnouncesTheLossOfTheTerminalForAFewChecksOnly() {
    check(1000);
    assertThat(terminal.hasJustClosed()).isFalse();
    isClosed.set(true);
    assertThat(terminal.hasJustClosed()).as("before the next check").isTrue();
    check(ControllingTerminal.MAX_CHECKS);
    assertThat(terminal.hasJustClosed()).as("a few checks later").isTrue();
    assertThat(terminal.check()).as("needs another check").isFalse();
    assertThat(terminal.hasJustClosed()).as("long after").isFalse();
  }

  @Test
  void processWithoutTerminalHasLostNone() {
    assertThat(new ControllingTerminal(false, () -> true).hasJustClosed()).isFalse();
  }
}
