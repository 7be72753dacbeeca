package culvert.config;

import java.time.Duration;

/**
 * The channel groups of a bounce server.
 *
 * @param groups how many there may be: their numbers are less ({@code --max-pairs})
 * @param members how many a group may have ({@code --max-connections})
 * @param clients how many all groups together may have
 * @param echo whether what a member sends also comes back to it
 * @param paired groups whose two members end together
 * @param dropSlowAfter a member that takes nothing for so long is dropped, and until then holds
 *     back who sends to it; zero means never
 * @param halfClose how long a pair may be silent after one of its directions has ended
 */
public record BounceGroups(
    int groups,
    int members,
    int clients,
    boolean echo,
    PairedGroups paired,
    Duration dropSlowAfter,
    Duration halfClose) {

  /** What the command line has where nothing is given. */
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
   * Checks what can be wrong with them.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public BounceGroups {
    Checks.count("--max-pairs", groups);
    Checks.count("--max-connections", members);
    Checks.count("--max-clients", clients);
    paired.check(groups);
    if (halfClose.isZero()) {
      throw new IllegalArgumentException("--half-close-timeout is zero: answers would be cut off");
    }
  }
}
