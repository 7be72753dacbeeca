package culvert.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * A queue in which sources take turns. In each turn, members of one source leave the queue in the
 * order of their arrival until they have used up a number of bytes, so that a source with many
 * members gets no more than a source with one. A source whose only member has left can continue its
 * turn with the next one, until a member of another source leaves the queue. Every method but
 * {@link #members} takes constant time. Not safe for use by several threads.
 *
 * @param <T> a member, with identity as equality
 */
final class SourceTurns<T> {

  /** The members of one source. */
  private static final class Line<T> {
    private final SequencedSet<T> members = new LinkedHashSet<>();

    /** Bytes used in this turn. */
    private long used;
  }

  /**
   * The sources in the order of their turns. All have members, except perhaps the first one, which
   * has its turn.
   */
  private final SequencedMap<SourcePrefix, Line<T>> lines = new LinkedHashMap<>();

  boolean isEmpty() {
    return first() == null;
  }

  /** Adds a member behind those of its source. */
  void add(SourcePrefix source, T member) {
    lines.computeIfAbsent(source, key -> new Line<>()).members.addLast(member);
  }

  /** Returns the member that leaves the queue next, or null if there is none. */
  T first() {
    for (Line<T> line : lines.values()) {
      if (!line.members.isEmpty()) {
        return line.members.getFirst();
      }
    }
    return null;
  }

  /**
   * Removes the first member.
   *
   * @param bytes what it uses of its source's turn
   * @param turn bytes of a turn
   */
  void removeFirst(int bytes, int turn) {
    if (lines.firstEntry().getValue().members.isEmpty()) {
      lines.pollFirstEntry();
    }
    SourcePrefix source = lines.firstEntry().getKey();
    Line<T> line = lines.firstEntry().getValue();
    line.members.removeFirst();
    line.used += bytes;
    if (line.used >= turn) {
      end(source, line, turn);
    }
  }

  private void end(SourcePrefix source, Line<T> line, int turn) {
    if (line.members.isEmpty()) {
      lines.remove(source);
    } else {
      line.used -= turn;
      lines.putLast(source, line);
    }
  }

  /** Removes a member that leaves the queue without a turn; no effect if it has left before. */
  void remove(SourcePrefix source, T member) {
    Line<T> line = lines.get(source);
    if (line != null && line.members.remove(member) && line.members.isEmpty()) {
      lines.remove(source);
    }
  }

  /** Returns all members. */
  List<T> members() {
    var members = new ArrayList<T>();
    lines.values().forEach(line -> members.addAll(line.members));
    return members;
  }
}
