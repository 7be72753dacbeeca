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
  public static final int MIN_LEVEL = 1;

  /** The highest level. */
  public static final int MAX_LEVEL = 4;

  private static final int STATES = 2;
  private static final int READS = 3;
  private static final int BYTES = 4;

  /**
   * Checks the level.
   *
   * @throws IllegalArgumentException naming the bounds
   */
  public Verbosity {
    if (level < MIN_LEVEL || level > MAX_LEVEL) {
      throw new IllegalArgumentException(
          "the level is " + level + "; it goes from " + MIN_LEVEL + " to " + MAX_LEVEL);
    }
  }

  /** This level, of every group. */
  public static Verbosity of(int level) {
    return new Verbosity(level, OptionalInt.empty());
  }

  /** The same groups at another level. */
  Verbosity withLevel(int other) {
    return new Verbosity(other, group);
  }

  /** The same level for another group, or for all. */
  Verbosity withGroup(OptionalInt other) {
    return new Verbosity(level, other);
  }

  /** Whether changes of state are told. */
  boolean hasStates() {
    return level >= STATES;
  }

  /** Whether reads are told. */
  boolean hasReads() {
    return level >= READS;
  }

  /** Whether those of this member are. */
  boolean hasReadsOf(MemberView member) {
    return hasReads() && (group.isEmpty() || group.equals(member.group()));
  }

  /** Whether a read is told with its bytes. */
  boolean hasBytes() {
    return level >= BYTES;
  }
}
