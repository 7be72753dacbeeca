package culvert.bounce.console;

import culvert.bounce.server.MemberView;
import java.util.OptionalInt;

/**
 * How much is told of what happens to members.
 *
 * @param level 1 to 4, each with all before it: connections and disconnections; states; each read;
 *     its bytes
 * @param group the number of the only group of which reads and bytes are told; of every group if
 *     there is none
 */
public record Verbosity(int level, OptionalInt group) {

  /** The least level. */
  public static final int LEAST = 1;

  /** The highest level. */
  public static final int MOST = 4;

  private static final int STATES = 2;
  private static final int READS = 3;
  private static final int BYTES = 4;

  /**
   * Checks the level.
   *
   * @throws IllegalArgumentException naming the bounds
   */
  public Verbosity {
    if (level < LEAST || level > MOST) {
      throw new IllegalArgumentException(
          "the level is " + level + "; it goes from " + LEAST + " to " + MOST);
    }
  }

  /** This level, of every group. */
  public static Verbosity of(int level) {
    return new Verbosity(level, OptionalInt.empty());
  }

  /** The same groups at another level. */
  Verbosity atLevel(int other) {
    return new Verbosity(other, group);
  }

  /** The same level for another group, or for all. */
  Verbosity ofGroup(OptionalInt other) {
    return new Verbosity(level, other);
  }

  /** Whether changes of state are told. */
  boolean tellsStates() {
    return level >= STATES;
  }

  /** Whether reads are told. */
  boolean tellsReads() {
    return level >= READS;
  }

  /** Whether those of this member are. */
  boolean tellsReadsOf(MemberView member) {
    return tellsReads() && (group.isEmpty() || group.equals(member.group()));
  }

  /** Whether a read is told with its bytes. */
  boolean tellsBytes() {
    return level >= BYTES;
  }
}
