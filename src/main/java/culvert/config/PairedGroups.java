package culvert.config;

import java.util.Set;

/**
 * Groups of a bounce server that are pairs: two members, joined as a relay joins them, each ended
 * by the other's end ({@code --close-with-peer}).
 *
 * @param all whether every group is one
 * @param numbers those that are, where not all are
 */
public record PairedGroups(boolean all, Set<Integer> numbers) {

  /** None is: a member's end is nobody else's. */
  public static final PairedGroups NONE = new PairedGroups(false, Set.of());

  /** Every one is. */
  public static final PairedGroups ALL = new PairedGroups(true, Set.of());

  /** Copies the numbers. */
  public PairedGroups {
    numbers = Set.copyOf(numbers);
  }

  /** These are. */
  public static PairedGroups of(Set<Integer> numbers) {
    return new PairedGroups(false, numbers);
  }

  /** Whether the group of that number is one. */
  public boolean contains(int number) {
    return all || numbers.contains(number);
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the option and a number that is no group's
   */
  void check(int groups) {
    for (int number : numbers) {
      if (number < 0 || number >= groups) {
        throw new IllegalArgumentException(
            "--close-with-peer names the group "
                + number
                + ", and the groups are 0 to "
                + (groups - 1)
                + " (--max-pairs)");
      }
    }
  }
}
