package culvert.bounce.console;

import culvert.bounce.server.MemberView;
import java.util.OptionalInt;

/**
 * Level of detail of member events.
 *
 * @param level 1 to 4; each level includes those below it: 1 connections and disconnections, 2
 *     state changes, 3 the size of each read, 4 its bytes
 * @param group number of the only group whose reads and bytes are reported; empty for every group
 */
public record Verbosity(int level, OptionalInt group) {

  /** Lowest level. */
  public static final int MIN_LEVEL = 1;

  /** Highest level. */
  public static final int MAX_LEVEL = 4;

  private static final int STATES = 2;
  private static final int READS = 3;
  private static final int BYTES = 4;

  /**
   * Checks the level.
   *
   * @throws IllegalArgumentException if the level is out of range; the message has the range
   */
  public Verbosity {
    if (level < MIN_LEVEL || level > MAX_LEVEL) {
      throw new IllegalArgumentException(
          "invalid level " + level + ": expected " + MIN_LEVEL + " to " + MAX_LEVEL);
    }
  }

  /** Returns this level for every group. */
  public static Verbosity of(int level) {
    return new Verbosity(level, OptionalInt.empty());
  }

  /** Returns a copy with another level. */
  Verbosity withLevel(int other) {
    return new Verbosity(other, group);
  }

  /** Returns a copy for another group, or for every group. */
  Verbosity withGroup(OptionalInt other) {
    return new Verbosity(level, other);
  }

  /** Returns whether state changes are reported. */
  boolean hasStates() {
    return level >= STATES;
  }

  /** Returns whether reads are reported. */
  boolean hasReads() {
    return level >= READS;
  }

  /** Returns whether reads of this member are reported. */
  boolean hasReadsOf(MemberView member) {
    return hasReads() && (group.isEmpty() || group.equals(member.group()));
  }

  /** Returns whether reads are reported with their bytes. */
  boolean hasBytes() {
    return level >= BYTES;
  }
}
