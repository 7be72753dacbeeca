package culvert.cli;

import culvert.config.FileFingerprint;
import culvert.net.Threads;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Watches the content of a settings file, in a thread of its own. Content is reported once it has
 * settled: two reads in sequence agree, so that a file is not used while it is written. The content
 * is read each time; notifications of the file system would miss changes of a link's target and of
 * a network file system.
 */
final class FileWatch implements AutoCloseable {

  /** Two of them pass between a change and its report, at most. */
  private static final Duration PERIOD = Duration.ofMillis(250);

  private final Supplier<FileFingerprint> reader;
  private final Consumer<FileFingerprint> onSettled;
  private final Consumer<Throwable> onError;
  private final CountDownLatch closed = new CountDownLatch(1);

  private FileWatch(
      Supplier<FileFingerprint> reader,
      Consumer<FileFingerprint> onSettled,
      Consumer<Throwable> onError) {
    this.reader = reader;
    this.onSettled = onSettled;
    this.onError = onError;
  }

  /**
   * Starts to watch.
   *
   * @param reader reads the current content
   * @param onSettled receives the content of each read that agrees with the one before
   * @param onError receives an internal error, after which the watch continues
   */
  static FileWatch start(
      Supplier<FileFingerprint> reader,
      Consumer<FileFingerprint> onSettled,
      Consumer<Throwable> onError) {
    var watch = new FileWatch(reader, onSettled, onError);
    Threads.start("settings file", watch::run);
    return watch;
  }

  private void run() {
    Optional<FileFingerprint> last = Optional.empty();
    while (!isClosedWithinPeriod()) {
      last = read(last);
    }
  }

  private Optional<FileFingerprint> read(Optional<FileFingerprint> last) {
    try {
      FileFingerprint now = reader.get();
      if (last.filter(now::equals).isPresent()) {
        onSettled.accept(now);
      }
      return Optional.of(now);
    } catch (RuntimeException | Error e) {
      onError.accept(e);
      return Optional.empty();
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
