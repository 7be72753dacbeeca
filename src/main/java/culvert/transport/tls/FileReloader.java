package culvert.transport.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What was made of files, and is made anew once they have changed. Whoever asks looks after them,
 * at most once in a while; others go on with what is there.
 *
 * @param <T> what is made of them
 */
final class FileReloader<T> {

  /** What shows that a file is another one, or another version; all null if it is not there. */
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
  private final Supplier<T> maker;
  private final Consumer<String> complaints;
  private final long pauseNanos;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile T made;

  /** Only whoever is looking changes these two. */
  private volatile List<Stamp> stamps;

  private volatile long lookedNanos;

  /**
   * Makes it for the first time.
   *
   * @param maker may throw an IllegalArgumentException with a line for people
   * @param complaints takes that line when a changed file is not good, once for each change; what
   *     was made before stays
   * @param pause for so long nobody looks again
   */
  FileReloader(List<Path> files, Supplier<T> maker, Consumer<String> complaints, Duration pause) {
    this.files = List.copyOf(files);
    this.maker = maker;
    this.complaints = complaints;
    this.pauseNanos = pause.toNanos();
    // Looked at before they are read: what changes in between is read again.
    this.stamps = look();
    this.lookedNanos = System.nanoTime();
    this.made = maker.get();
  }

  /** What the files hold now, or held when they were good. */
  T current() {
    if (System.nanoTime() - lookedNanos >= pauseNanos && looking.compareAndSet(false, true)) {
      try {
        refresh();
      } finally {
        lookedNanos = System.nanoTime();
        looking.set(false);
      }
    }
    return made;
  }

  private void refresh() {
    List<Stamp> now = look();
    if (now.equals(stamps)) {
      return;
    }
    stamps = now;
    try {
      made = maker.get();
    } catch (IllegalArgumentException e) {
      complaints.accept(e.getMessage() + "; what was read before stays in use");
    }
  }

  private List<Stamp> look() {
    return files.stream().map(Stamp::of).toList();
  }
}
