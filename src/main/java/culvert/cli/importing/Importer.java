package culvert.cli.importing;

import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.ServiceAddress;
import culvert.config.SettingFile;
import culvert.config.toml.Problem;
import culvert.config.toml.TomlDocument;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Steps that the importers have in common. */
final class Importer {

  private static final int MAX_BYTES = 1024 * 1024;

  /** Seconds, as the defaults of Culvert. */
  private static final long DEFAULT_INTERVAL = 10;

  private static final long DEFAULT_TIMEOUT = 20;

  private Importer() {}

  /**
   * Parses a file.
   *
   * @throws IllegalArgumentException with one line if it cannot be read or is not TOML
   */
  static TomlDocument parse(Path file) {
    TomlDocument document = TomlDocument.parse(SettingFile.text("FILE", file, MAX_BYTES));
    if (!document.problems().isEmpty()) {
      List<Problem> problems = document.problems();
      throw new IllegalArgumentException(
          file
              + ": not valid TOML: "
              + problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    }
    return document;
  }

  /** Prints a file, and returns the exit code. */
  static int print(SettingsText text, Terminal terminal) {
    terminal.out().print(text);
    return (text.isComplete() ? ExitCode.OK : ExitCode.FAILURE).code();
  }

  /**
   * Sets the heartbeat of a block. The other programs choose interval and timeout on different
   * sides; Culvert needs a timeout that is longer than the interval on each.
   *
   * @param interval seconds of inactivity before a ping, if set
   * @param timeout seconds of inactivity after which the peer is considered dead, if set
   */
  static void heartbeat(
      SettingsText text, String block, Optional<Long> interval, Optional<Long> timeout) {
    boolean isOff = Stream.of(interval, timeout).flatMap(Optional::stream).anyMatch(n -> n <= 0);
    if (isOff) {
      text.notImported(block + ", heartbeats of zero", "heartbeats cannot be switched off");
      return;
    }
    if (interval.isEmpty() && timeout.isEmpty()) {
      return;
    }
    long ping = interval.orElse(Math.min(DEFAULT_INTERVAL, timeout.orElse(0L) / 2 + 1));
    long dead = timeout.orElse(Math.max(DEFAULT_TIMEOUT, 2 * ping));
    text.put(block, "heartbeat_interval", Math.min(ping, Math.max(1, dead / 2)));
    text.put(block, "heartbeat_timeout", Math.max(dead, 2));
  }

  /** Returns whether a service may have the name. */
  static boolean isName(String name) {
    try {
      ServiceAddress.checkName(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Returns the table of a service; a name with dots needs quotes. */
  static String serviceTable(String block, String name) {
    return block + ".services." + (name.indexOf('.') < 0 ? name : '"' + name + '"');
  }
}
