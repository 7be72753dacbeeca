package culvert.net;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * A limited number of members, divided by source. A new member beyond a limit replaces the oldest
 * member of the source that has the most, so that a source cannot take the share of another one;
 * among sources with equally many members, it is the source that has had this number for longest.
 * Every method takes logarithmic time at most. Not safe for use by several threads.
 *
 * @param <T> a member, with identity as equality
 */
final class SourceShares<T> {

  private final int max;
  private final int maxPerSource;

  /** The members of each source, the oldest first. */
  private final Map<SourcePrefix, SequencedSet<T>> ofSource = new HashMap<>();

  /** The sources by their number of members. */
  private final NavigableMap<Integer, SequencedSet<SourcePrefix>> byCount = new TreeMap<>();

  private int size;

  /**
   * Creates a set without members.
   *
   * @param max maximum number of members
   * @param maxPerSource maximum number of members of one source
   */
  SourceShares(int max, int maxPerSource) {
    this.max = max;
    this.maxPerSource = maxPerSource;
  }

  int size() {
    return size;
  }

  /** Returns the member that a new one of {@code source} replaces; empty below the limits. */
  Optional<T> replacedBy(SourcePrefix source) {
    if (count(source) >= maxPerSource) {
      return Optional.of(ofSource.get(source).getFirst());
    }
    return size >= max ? heaviest(source) : Optional.empty();
  }

  /**
   * Returns the oldest member of {@code newcomer} if no source has more, else {@link #heaviest}.
   */
  private Optional<T> heaviest(SourcePrefix newcomer) {
    return count(newcomer) == byCount.lastKey()
        ? Optional.of(ofSource.get(newcomer).getFirst())
        : heaviest();
  }

  /** Returns the oldest member of the source that has the most; empty if there are no members. */
  Optional<T> heaviest() {
    return byCount.isEmpty()
        ? Optional.empty()
        : Optional.of(ofSource.get(byCount.lastEntry().getValue().getFirst()).getFirst());
  }

  /** Adds a member. */
  void add(SourcePrefix source, T member) {
    var members = ofSource.computeIfAbsent(source, s -> new LinkedHashSet<>());
    members.add(member);
    size++;
    move(source, members.size() - 1, members.size());
  }

  /** Removes a member; returns false if it is not one. */
  boolean remove(SourcePrefix source, T member) {
    var members = ofSource.get(source);
    if (members == null || !members.remove(member)) {
      return false;
    }
    size--;
    move(source, members.size() + 1, members.size());
    if (members.isEmpty()) {
      ofSource.remove(source);
    }
    return true;
  }

  private int count(SourcePrefix source) {
    var members = ofSource.get(source);
    return members == null ? 0 : members.size();
  }

  private void move(SourcePrefix source, int before, int after) {
    if (before > 0) {
      var others = byCount.get(before);
      others.remove(source);
      if (others.isEmpty()) {
        byCount.remove(before);
      }
    }
    if (after > 0) {
      byCount.computeIfAbsent(after, n -> new LinkedHashSet<>()).add(source);
    }
  }
}
