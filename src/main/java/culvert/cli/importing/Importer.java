package culvert.cli.importing;

import culvert.cli.option.LogOptions;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.ServiceAddress;
import culvert.config.SettingFile;
import culvert.config.toml.Problem;
import culvert.config.toml.SettingsFile;
import culvert.config.toml.TomlDocument;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Steps that the importers have in common. */
final class Importer {

  static final String INVALID_NAME =
      "a service's name must consist of 1 to 64 letters, digits, dots, dashes and underscores";

  static final String NAME = "import";

  /** Maximum errors of the syntax in the message about a file. */
  private static final int MAX_PROBLEMS = 10;

  private static final String OPEN =
      "the file has no secret: any client that can reach the control address can register services";

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
    TomlDocument document =
        TomlDocument.parse(SettingFile.text("FILE", file, SettingsFile.MAX_BYTES));
    if (!document.problems().isEmpty()) {
      String problems =
          document.problems().stream()
              .limit(MAX_PROBLEMS)
              .map(Problem::toString)
              .collect(Collectors.joining("; "));
      throw new IllegalArgumentException(file + ": not valid TOML: " + problems);
    }
    return document;
  }

  /**
   * Prints a file, and returns the exit code. Settings that a role would reject become comments.
   *
   * @param check returns the problems of a file; the key of each is that of a value to leave out,
   *     or empty if a setting is missing
   */
  static int print(SettingsText text, Function<String, List<Problem>> check, Terminal terminal) {
    boolean isChanged = true;
    while (isChanged) {
      isChanged = text.reject(check.apply(text.toString()));
    }
    ErrorLines warnings = LogOptions.errorLines(terminal, List.of());
    if (text.isOpen()) {
      text.note("Warning: " + OPEN + ".");
      warnings.warn(NAME, OPEN);
    }
    if (!text.isComplete()) {
      warnings.warn(
          NAME, "the file is incomplete; its comments list the settings that were not imported");
    }
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
