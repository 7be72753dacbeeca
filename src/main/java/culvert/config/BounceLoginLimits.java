package culvert.config;

import culvert.net.Durations;
import culvert.setting.Setting;
import java.time.Duration;

/**
 * A bounce server's limits on unauthenticated connections.
 *
 * @param authTimeout maximum time from the connection to a complete group number, including the
 *     transport's handshake
 * @param numberPause a group number with fewer than the maximum digits is complete when no byte
 *     arrives for this time; below {@code authTimeout}, or a short number would never be complete
 * @param unauthenticated maximum number of connections that have not joined a group yet
 * @param unauthenticatedPerAddress maximum of these from one address: an IPv4 address, or an IPv6
 *     network of 64 bits
 */
public record BounceLoginLimits(
    Duration authTimeout,
    Duration numberPause,
    int unauthenticated,
    int unauthenticatedPerAddress) {

  /** The defaults of the command line. */
  public static final BounceLoginLimits DEFAULT =
      new BounceLoginLimits(Duration.ofSeconds(5), Duration.ofMillis(250), 4096, 256);

  /**
   * Validates each value.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BounceLoginLimits {
    Checks.positive(Setting.AUTH_TIMEOUT, authTimeout, "no member could join");
    if (numberPause.compareTo(authTimeout) >= 0) {
      throw new InvalidSettingException(
          Setting.NUMBER_PAUSE,
          Durations.of(numberPause),
          "a duration shorter than %s (%s), or a short group number would never be complete",
          Setting.AUTH_TIMEOUT,
          Durations.of(authTimeout));
    }
    Checks.count(Setting.MAX_UNAUTHENTICATED, unauthenticated);
    Checks.count(Setting.MAX_UNAUTHENTICATED_PER_ADDR, unauthenticatedPerAddress);
  }
}
