package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.FileFingerprint;
import culvert.testing.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which contents of a file are reported, read by read. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class FileWatchTest {

  /** Returns the contents that are reported if these are read, one at a time, after "a". */
  private static List<String> reported(String... reads) throws Exception {
    var reports = new ArrayList<String>();
    var done = new CountDownLatch(reads.length + 1);
    FileWatch watch =
        FileWatch.start(
            new FileFingerprint("a"),
            () -> {
              int read = reads.length + 1 - (int) done.getCount();
              done.countDown();
              return new FileFingerprint(reads[Math.min(read, reads.length - 1)]);
            },
            content -> reports.add(content.text()));
    try {
      assertThat(done.await(30, TimeUnit.SECONDS)).as("all reads").isTrue();
    } finally {
      watch.close();
    }
    return List.copyOf(reports);
  }

  @Test
  void contentThatTwoReadsAgreeOnIsReportedOnce() throws Exception {
    assertThat(reported("b", "b", "b", "b")).containsExactly("b");
  }

  @Test
  void contentThatChangesAtEachReadIsNotReported() throws Exception {
    assertThat(reported("b", "c", "d", "a", "a")).isEmpty();
  }

  @Test
  void knownContentIsNotReported() throws Exception {
    assertThat(reported("a", "a", "b", "a", "a")).isEmpty();
  }

  @Test
  void contentThatReturnsIsReportedAgain() throws Exception {
    assertThat(reported("b", "b", "a", "a", "a")).containsExactly("b", "a");
  }
}
