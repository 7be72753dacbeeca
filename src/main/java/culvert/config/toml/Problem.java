package culvert.config.toml;

import culvert.setting.ServiceSetting;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;

/**
 * A problem of a settings file.
 *
 * @param line where it is, from 1; zero if it is not in the file
 * @param key the full key, such as {@code server.services.web.bind_addr}; empty if it concerns
 *     several or none
 * @param message the problem
 * @param settings the settings that have no value because of it; without a service, those of all
 *     services
 * @param isSyntax whether it is an error of the syntax, after which keys may be lost
 */
public record Problem(
    int line, String key, String message, Set<ServiceSetting> settings, boolean isSyntax)
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
  Problem(int line, String key, String message, Set<ServiceSetting> settings) {
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

  /** Returns whether it is in the block of this role. Errors of the syntax are in none. */
  public boolean isIn(Role role) {
    return key.equals(role.block()) || key.startsWith(role.block() + ".");
  }

  /** Returns a copy because of which one more setting has no value. */
  Problem with(ServiceSetting setting) {
    var all = new HashSet<>(settings);
    all.add(setting);
    return new Problem(line, key, message, all, isSyntax);
  }

  @Override
  public int compareTo(Problem other) {
    return ORDER.compare(this, other);
  }

  /** Returns the line for the user, without the name of the file. */
  @Override
  public String toString() {
    return (line == 0 ? "" : "line " + line + ": ") + (key.isEmpty() ? "" : key + ": ") + message;
  }
}
