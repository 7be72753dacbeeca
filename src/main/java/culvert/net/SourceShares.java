package culvert.net;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * A limited number of members, divided by source. A new member beyond a limit replaces the oldest
 * member of the source that has the most, so that a source cannot take the share of another one.
 * Sources with a few members are equal, so that a client that connects twice at once is no better a
 * target than thousands of sources with one connection each; among equal sources it is the one with
 * the oldest member. Every method takes logarithmic time at most. Not safe for use by several
 * threads.
 *
 * @param <T> a member, with identity as equality
 */
final class SourceShares<T> {

  /** Maximum number of members of a source that has no more than any other one. */
  private static final int MAX_FEW = 4;

  /** In a small set, only this part of all members is a few. */
  private static final int FEW_PART = 64;

  /** The members of one source, the oldest first, with their numbers in the order of arrival. */
  private final class Source {
    private final SequencedMap<T, Long> members = new LinkedHashMap<>();
    private int elsewhere;

    private int count() {
      return members.size() + elsewhere;
    }

    private int load() {
      return Math.max(few, count());
    }

    /** How many of its members are replaced before it has no more than others. */
    private int surplus() {
      return Math.min(members.size(), load() - few);
    }

    private T oldest() {
      return members.firstEntry().getKey();
    }

    private long arrivalOfOldest() {
      return members.firstEntry().getValue();
    }
  }

  private int max;
  private int maxPerSource;
  private int few;

  /** Members of a source in another set, which count as if they were in this one. */
  private final ToIntFunction<SourcePrefix> elsewhere;

  private final Map<SourcePrefix, Source> sources = new HashMap<>();

  /** A source leaves the set before its count or the number of a few changes. */
  private final NavigableSet<Source> heaviestFirst =
      new TreeSet<>(
          Comparator.<Source>comparingInt(Source::load)
              .reversed()
              .thenComparingLong(Source::arrivalOfOldest));

  private int size;

  /** Of all sources. */
  private int surplus;

  private long arrivals;

  /**
   * Creates a set without members.
   *
   * @param max maximum number of members
   * @param maxPerSource maximum number of members of one source
   */
  SourceShares(int max, int maxPerSource) {
    this(max, maxPerSource, source -> 0);
  }

  /**
   * Creates a set without members.
   *
   * @param elsewhere how many members more a source counts; after a change, {@link #recount}
   */
  SourceShares(int max, int maxPerSource, ToIntFunction<SourcePrefix> elsewhere) {
    this.max = max;
    this.maxPerSource = maxPerSource;
    this.elsewhere = elsewhere;
    this.few = few(max);
  }

  private static int few(int max) {
    return Math.clamp(max / FEW_PART, 1, MAX_FEW);
  }

  int size() {
    return size;
  }

  /**
   * Returns how many members a source has beyond a few, in total. So many are replaced before a
   * member of a source with a few.
   */
  int surplus() {
    return surplus;
  }

  int max() {
    return max;
  }

  /** Changes the maximum numbers, as in the constructor; the members of now stay. */
  void setMax(int total, int perSource) {
    List<Source> all = List.copyOf(heaviestFirst);
    all.forEach(this::exclude);
    max = total;
    maxPerSource = perSource;
    few = few(total);
    all.forEach(this::include);
  }

  /** Returns the member that a new one of {@code source} replaces; empty below the limits. */
  Optional<T> replacedBy(SourcePrefix source) {
    if (count(source) >= maxPerSource) {
      return Optional.of(sources.get(source).oldest());
    }
    return size >= max ? heaviest(source) : Optional.empty();
  }

  /**
   * Returns the oldest member of {@code newcomer} if it has at least a few and no source has more,
   * else {@link #heaviest}.
   */
  Optional<T> heaviest(SourcePrefix newcomer) {
    Source known = sources.get(newcomer);
    return known != null && known.count() == maxCount() ? Optional.of(known.oldest()) : heaviest();
  }

  /** Returns the number of members of the source that has the most, at least a few. */
  int maxCount() {
    return heaviestFirst.isEmpty() ? 0 : heaviestFirst.first().load();
  }

  /** Returns the oldest member of the source that has the most; empty if there are no members. */
  Optional<T> heaviest() {
    return heaviestFirst.isEmpty() ? Optional.empty() : Optional.of(heaviestFirst.first().oldest());
  }

  /** Adds a member. */
  void add(SourcePrefix source, T member) {
    Source changed = sources.computeIfAbsent(source, s -> new Source());
    if (changed.members.isEmpty()) {
      changed.elsewhere = elsewhere.applyAsInt(source);
    } else {
      exclude(changed);
    }
    changed.members.put(member, arrivals++);
    include(changed);
    size++;
  }

  private void exclude(Source source) {
    heaviestFirst.remove(source);
    surplus -= source.surplus();
  }

  private void include(Source source) {
    heaviestFirst.add(source);
    surplus += source.surplus();
  }

  /** Removes a member; returns false if it is not one. */
  boolean remove(SourcePrefix source, T member) {
    Source changed = sources.get(source);
    if (changed == null || !changed.members.containsKey(member)) {
      return false;
    }
    exclude(changed);
    changed.members.remove(member);
    if (changed.members.isEmpty()) {
      sources.remove(source);
    } else {
      include(changed);
    }
    size--;
    return true;
  }

  /** Counts a source again, whose members elsewhere have changed. */
  void recount(SourcePrefix source) {
    Source changed = sources.get(source);
    if (changed != null) {
      exclude(changed);
      changed.elsewhere = elsewhere.applyAsInt(source);
      include(changed);
    }
  }

  /** Returns how many members a source has in this set. */
  int count(SourcePrefix source) {
    Source known = sources.get(source);
    return known == null ? 0 : known.members.size();
  }
}
