package culvert.transport.tls;

import culvert.setting.SettingMessage;
import culvert.setting.SettingWarnings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Caches a value built from files and rebuilds it when they change. A call of {@link #current}
 * checks the files, at most once per interval; concurrent callers get the cached value meanwhile.
 *
 * @param <T> the value
 */
final class FileReloader<T> {

  /** Identifies a file and its version; all null if the file does not exist. */
  private record Stamp(FileTime modified, long bytes, Object file) {
    static Stamp of(Path path) {
      try {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
      } catch (IOException e) {
        return new Stamp(null, 0, null);
      }
    }
  }

  private final List<Path> files;
  private final Supplier<T> builder;
  private final SettingWarnings warnings;
  private final long intervalNanos;

  /** Held by the thread that checks the files; other threads do not wait for it. */
  private final AtomicBoolean checking = new AtomicBoolean();

  /** Written by the thread that holds {@code checking}; read by any thread. */
  private volatile T value;

  /** Used only by the thread that holds {@code checking}. */
  private volatile List<Stamp> stamps;

  /** Written by the thread that holds {@code checking}; read by any thread. */
  private volatile long checkedNanos;

  /**
   * Builds the value for the first time.
   *
   * @param builder may throw an IllegalArgumentException with one line for the user
   * @param warnings receives that line if a changed file is invalid, once for each change; the
   *     previous value stays in use
   * @param interval minimum time between two checks of the files
   */
  FileReloader(List<Path> files, Supplier<T> builder, SettingWarnings warnings, Duration interval) {
    this.files = List.copyOf(files);
    this.builder = builder;
    this.warnings = warnings;
    this.intervalNanos = interval.toNanos();
    // Taken before the files are read: a change in between causes another read.
    this.stamps = currentStamps();
    this.checkedNanos = System.nanoTime();
    this.value = builder.get();
  }

  /** Returns the value of the files as they are now, or as they were when last valid. */
  T current() {
    if (System.nanoTime() - checkedNanos >= intervalNanos && checking.compareAndSet(false, true)) {
      try {
        reloadIfChanged();
      } finally {
        checkedNanos = System.nanoTime();
        checking.set(false);
      }
    }
    return value;
  }

  private void reloadIfChanged() {
    List<Stamp> now = currentStamps();
    if (now.equals(stamps)) {
      return;
    }
    stamps = now;
    try {
      value = builder.get();
    } catch (IllegalArgumentException e) {
      warnings.warn(
          SettingMessage.of("%s; the previous version stays in use", SettingMessage.of(e)));
    }
  }

  private List<Stamp> currentStamps() {
    return files.stream().map(Stamp::of).toList();
  }
}
