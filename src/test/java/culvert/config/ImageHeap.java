package culvert.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The heap that the image's own options give a role. */
final class ImageHeap {

  private ImageHeap() {}

  /** Returns its maximum size as the JVM reports it: without one of the two survivor spaces. */
  static long bytes() throws IOException {
    long megabytes =
        Files.readAllLines(Path.of("jlink/jvm.options")).stream()
            .filter(line -> line.matches("-Xmx\\d+m"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    return (megabytes - 1) * 1024 * 1024;
  }
}
