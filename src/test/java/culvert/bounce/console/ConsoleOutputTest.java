package culvert.bounce.console;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests how prompts, answers and member events share a screen. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ConsoleOutputTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** A screen whose writes a test can block. */
  private static final class Screen extends OutputStream {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final Semaphore open = new Semaphore(1);

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      open.acquireUninterruptibly();
      written.write(bytes, offset, length);
      open.release();
    }

    boolean hasBlockedWriter() {
      return open.hasQueuedThreads();
    }

    String text() {
      return written.toString(StandardCharsets.UTF_8);
    }
  }

  private final Screen screen = new Screen();

  private void awaitScreen(String text) throws Exception {
    Eventually.within(LIMIT, () -> assertThat(screen.text()).isEqualTo(text));
  }

  @Test
  void eventStartsOnNewLineAndPromptIsRepeated() throws Exception {
    try (var out = new ConsoleOutput(screen)) {
      out.enqueue("before");
      awaitScreen("before\n");
      out.prompt();
      out.enqueue("first");
      awaitScreen("before\n> \nfirst\n> ");
      out.answer("answer");
      out.enqueue("second");
      awaitScreen("before\n> \nfirst\n> answer\nsecond\n");
      out.prompt();
      awaitScreen("before\n> \nfirst\n> answer\nsecond\n> ");
    }
  }

  @Test
  void blockedScreenDropsEventsAndReportsTheirNumber() throws Exception {
    String dump = ("x".repeat(1023) + "\n").repeat(64) + "last";
    try (var out = new ConsoleOutput(screen)) {
      screen.open.acquireUninterruptibly();
      out.enqueue("first");
      Eventually.within(LIMIT, () -> assertThat(screen.hasBlockedWriter()).isTrue());
      for (int i = 0; i < 1000; i++) {
        out.enqueue(dump);
      }
      screen.open.release();
      Eventually.within(LIMIT, () -> assertThat(screen.text()).endsWith("slowly)\n"));
      // A megabyte holds fifteen of these, of 65 lines each.
      assertThat(screen.text().length()).isLessThan(1024 * 1024 + 100);
      assertThat(screen.text())
          .startsWith("first\nxx")
          .endsWith("last\n(" + 985 * 65 + " lines dropped: this console reads too slowly)\n");
    }
  }

  @Test
  void singleEventMayExceedQueueSize() throws Exception {
    String dump = "y".repeat(3 * 1024 * 1024);
    try (var out = new ConsoleOutput(screen)) {
      out.enqueue(dump);
      awaitScreen(dump + "\n");
    }
  }
}
