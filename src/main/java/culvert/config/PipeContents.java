package culvert.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the content of files that are not regular, such as a FIFO or the pipe of {@code
 * <(command)}, for the life of the process: such a file can be read only once, and opening it again
 * may block for ever, for example during a reload.
 */
public final class PipeContents {

  /** Empty for a regular file; one entry for each file that a setting names. */
  private static final Map<Path, Optional<byte[]>> READ = new ConcurrentHashMap<>();

  private PipeContents() {}

  /** Returns the files whose content is kept, sorted; a reload does not read them again. */
  public static List<Path> files() {
    return READ.entrySet().stream()
        .filter(file -> file.getValue().isPresent())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** Returns the content of a pipe that has been read before, unless a regular file replaces it. */
  static Optional<byte[]> of(Path file) {
    return Files.isRegularFile(file) ? Optional.empty() : READ.getOrDefault(file, Optional.empty());
  }

  /** Returns whether a pipe replaces a regular file that has been read. */
  static boolean hasReplaced(Path file) {
    return isPipe(file) && READ.containsKey(file) && READ.get(file).isEmpty();
  }

  /** Records that a file has been read. */
  static void add(Path file, byte[] bytes) {
    READ.put(file, isPipe(file) ? Optional.of(bytes) : Optional.empty());
  }

  private static boolean isPipe(Path file) {
    try {
      // One look: a file may be replaced between two.
      return !Files.readAttributes(file, BasicFileAttributes.class).isRegularFile();
    } catch (IOException e) {
      return false;
    }
  }
}
