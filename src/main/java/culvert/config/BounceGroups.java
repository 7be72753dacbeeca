package culvert.config;

import culvert.setting.Setting;
import java.time.Duration;

/**
 * The channel groups of a bounce server.
 *
 * @param groups maximum number of groups; group numbers are below it ({@code --max-pairs})
 * @param members maximum number of members of a group ({@code --max-connections})
 * @param clients maximum number of members of all groups together
 * @param echo whether a member also receives its own bytes
 * @param paired groups whose two members are closed together
 * @param dropSlowAfter a member that accepts no bytes for this time is dropped; until then it
 *     blocks the members that send to it. Zero: never
 * @param halfClose maximum silence of a pair after one of its directions has ended
 */
public record BounceGroups(
    int groups,
    int members,
    int clients,
    boolean echo,
    PairedGroups paired,
    Duration dropSlowAfter,
    Duration halfClose) {

  /** The defaults of the command line. */
  public static final BounceGroups DEFAULT =
      new BounceGroups(
          65_536,
          2,
          16_384,
          false,
          PairedGroups.NONE,
          Duration.ofMinutes(5),
          Duration.ofSeconds(60));

  /**
   * Validates each value.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BounceGroups {
    Checks.count(Setting.MAX_PAIRS, groups);
    Checks.count(Setting.MAX_CONNECTIONS, members);
    Checks.count(Setting.MAX_CLIENTS, clients);
    paired.check(groups);
    Checks.positive(Setting.HALF_CLOSE_TIMEOUT, halfClose, Checks.CUT_ANSWERS);
  }
}
