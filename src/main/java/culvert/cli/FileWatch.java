package culvert.cli;

import culvert.config.FileFingerprint;
import culvert.net.Threads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Watches the content of a settings file, in a thread of its own. A change is reported once it has
 * settled: two reads in sequence agree, so that a file is not used while it is written. The content
 * is read each time; notifications of the file system would miss changes of a link's target and of
 * a network file system.
 */
final class FileWatch implements AutoCloseable {

  /** Two of them pass between a change and its report, at most. */
  private static final Duration PERIOD = Duration.ofMillis(250);

  private final Supplier<FileFingerprint> reader;
  private final Consumer<FileFingerprint> onChange;
  private final CountDownLatch closed = new CountDownLatch(1);

  private FileWatch(Supplier<FileFingerprint> reader, Consumer<FileFingerprint> onChange) {
    this.reader = reader;
    this.onChange = onChange;
  }

  /**
   * Starts to watch.
   *
   * @param known the content that is in use
   * @param reader reads the current content
   * @param onChange receives each content that differs from the one before
   */
  static FileWatch start(
      FileFingerprint known, Supplier<FileFingerprint> reader, Consumer<FileFingerprint> onChange) {
    var watch = new FileWatch(reader, onChange);
    Threads.start("settings file", () -> watch.run(known));
    return watch;
  }

  private void run(FileFingerprint known) {
    FileFingerprint reported = known;
    FileFingerprint last = known;
    while (!isClosedWithinPeriod()) {
      FileFingerprint now = reader.get();
      boolean isSettled = now.equals(last);
      last = now;
      if (isSettled && !now.equals(reported)) {
        reported = now;
        onChange.accept(now);
      }
    }
  }

  private boolean isClosedWithinPeriod() {
    try {
      return closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Ends the thread soon; does not block. */
  @Override
  public void close() {
    closed.countDown();
  }
}
