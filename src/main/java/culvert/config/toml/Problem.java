package culvert.config.toml;

import culvert.setting.Setting;
import java.util.Comparator;
import java.util.Set;

/**
 * A problem of a settings file.
 *
 * @param line where it is, from 1
 * @param key the full key, such as {@code server.services.web.bind_addr}; empty if it concerns
 *     several or none
 * @param message the problem
 * @param settings the settings that have no value because of it
 * @param isSyntax whether it is an error of the syntax, after which keys may be lost
 */
public record Problem(int line, String key, String message, Set<Setting> settings, boolean isSyntax)
    implements Comparable<Problem> {

  private static final Comparator<Problem> ORDER =
      Comparator.comparingInt(Problem::line)
          .thenComparing(Problem::key)
          .thenComparing(Problem::message);

  /** Copies the set. */
  public Problem {
    settings = Set.copyOf(settings);
  }

  /** Creates a problem of a key's value. */
  Problem(int line, String key, String message, Set<Setting> settings) {
    this(line, key, message, settings, false);
  }

  /** Creates a problem that concerns no setting. */
  public Problem(int line, String key, String message) {
    this(line, key, message, Set.of());
  }

  /** Creates a problem of the syntax. */
  static Problem ofSyntax(int line, String message) {
    return new Problem(line, "", message, Set.of(), true);
  }

  @Override
  public int compareTo(Problem other) {
    return ORDER.compare(this, other);
  }

  /** Returns the line for the user, without the name of the file. */
  @Override
  public String toString() {
    return "line " + line + ": " + (key.isEmpty() ? "" : key + ": ") + message;
  }
}
