package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The groups of a bounce server that are pairs: two members, joined as by a relay; when one of them
 * is closed, so is the other ({@code --close-with-peer}).
 *
 * @param all whether every group is a pair
 * @param numbers the groups that are pairs, if not all are
 */
public record PairedGroups(boolean all, Set<Integer> numbers) {

  /** No group is a pair: the end of a member does not close another. */
  public static final PairedGroups NONE = new PairedGroups(false, Set.of());

  /** Every group is a pair. */
  public static final PairedGroups ALL = new PairedGroups(true, Set.of());

  /** Copies the numbers. */
  public PairedGroups {
    numbers = Set.copyOf(numbers);
  }

  /** Returns an instance in which only these groups are pairs. */
  public static PairedGroups of(Set<Integer> numbers) {
    return new PairedGroups(false, numbers);
  }

  /**
   * Parses {@code all}, or group numbers separated by commas, as {@link GroupNumber#parse} does.
   *
   * @throws IllegalArgumentException whose message shows the valid form
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

  /** Returns whether the group is a pair. */
  public boolean contains(int number) {
    return all || numbers.contains(number);
  }

  /**
   * Checks that each number is below the number of groups.
   *
   * @throws IllegalArgumentException whose message names the option and an invalid number
   */
  void check(int groups) {
    for (int number : numbers) {
      if (number < 0 || number >= groups) {
        throw new SettingException(
            "invalid group '%s' for %s: expected 0 to %s (%s)",
            Integer.toString(number, 16),
            Setting.CLOSE_WITH_PEER,
            Integer.toHexString(groups - 1),
            Setting.MAX_PAIRS);
      }
    }
  }
}
