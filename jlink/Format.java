import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Runs google-java-format on the source files that changed since its last successful run. Maven
 * runs it before compilation, with the selected JDK and google-java-format on the class path:
 *
 * <pre>java Format.java write|check STAMP FOLDER...</pre>
 *
 * <p>{@code write} rewrites files that are not formatted. {@code check} prints their names and
 * exits with 1. The date of the file STAMP is the time of the last successful run.
 */
final class Format {

  private Format() {}

  public static void main(String[] args) throws IOException {
    Instant start = Instant.now();
    Path stamp = Path.of(args[1]);
    List<String> files = changedSince(stamp, List.of(args).subList(2, args.length));
    if (!files.isEmpty()) {
      run(args[0], files);
      Files.createDirectories(stamp.getParent());
      Files.writeString(stamp, "");
      Files.setLastModifiedTime(stamp, FileTime.from(start));
    }
  }

  private static List<String> changedSince(Path stamp, List<String> folders) throws IOException {
    FileTime last = Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
    var changed = new ArrayList<String>();
    for (String folder : folders) {
      try (Stream<Path> paths = Files.walk(Path.of(folder))) {
        for (Path path : paths.filter(p -> p.toString().endsWith(".java")).toList()) {
          if (Files.getLastModifiedTime(path).compareTo(last) >= 0) {
            changed.add(path.toString());
          }
        }
      }
    }
    return changed;
  }

  private static void run(String mode, List<String> files) {
    List<String> options =
        switch (mode) {
          case "write" -> List.of("--replace");
          case "check" -> List.of("--dry-run", "--set-exit-if-changed");
          default -> throw new IllegalArgumentException("-Dformat=" + mode + ": write or check");
        };
    var formatter = ToolProvider.findFirst("google-java-format").orElseThrow();
    String[] arguments = Stream.concat(options.stream(), files.stream()).toArray(String[]::new);
    if (formatter.run(System.out, System.err, arguments) != 0) {
      System.err.println("These files are not formatted. 'mvn process-sources' formats them.");
      System.exit(1);
    }
  }
}
