package culvert.config;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

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

  /**
   * Reads {@code all}, or groups with commas between, each as {@link GroupNumber} has it.
   *
   * @throws IllegalArgumentException whose message says how one is written
   */
  public static PairedGroups parse(String text) {
    if (text.equals("all")) {
      return ALL;
    }
    return of(
        Arrays.stream(text.split(",", -1))
            .map(group -> GroupNumber.parse(group).value())
            .collect(Collectors.toSet()));
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
                + Integer.toString(number, 16)
                + ", and the groups are 0 to "
                + Integer.toHexString(groups - 1)
                + " (--max-pairs)");
      }
    }
  }
}
