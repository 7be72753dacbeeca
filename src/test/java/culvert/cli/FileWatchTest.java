package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.FileFingerprint;
import culvert.testing.LeakCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which contents of a file are reported, read by read. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class FileWatchTest {

  /** Returns the contents that are reported if these are read, one at a time. */
  private static List<String> reported(String... reads) throws Exception {
    var reports = new ArrayList<String>();
    var next = new AtomicInteger();
    var done = new CountDownLatch(1);
    FileWatch watch =
        FileWatch.start(
            () -> {
              int read = next.getAndIncrement();
              if (read == reads.length) {
                done.countDown();
              }
              String text = read < reads.length ? reads[read] : "read " + read;
              if (text.equals("error")) {
                throw new UncheckedIOException(new IOException(text));
              }
              return new FileFingerprint(text);
            },
            content -> reports.add(content.text()),
            e -> {});
    try {
      assertThat(done.await(30, TimeUnit.SECONDS)).as("all reads").isTrue();
    } finally {
      watch.close();
    }
    return List.copyOf(reports);
  }

  @Test
  void contentThatTwoReadsAgreeOnIsReported() throws Exception {
    assertThat(reported("a", "b", "b")).containsExactly("b");
  }

  @Test
  void contentThatChangesAtEachReadIsNotReported() throws Exception {
    assertThat(reported("a", "b", "c", "a", "b")).isEmpty();
  }

  /** A reload may have used another content meanwhile, or may not have used this one. */
  @Test
  void contentIsReportedAtEachReadThatAgrees() throws Exception {
    assertThat(reported("a", "a", "b", "a", "a", "a")).containsExactly("a", "a", "a");
  }

  @Test
  void errorOfOneReadDoesNotEndTheWatch() throws Exception {
    assertThat(reported("a", "error", "a", "a")).containsExactly("a");
  }
}
