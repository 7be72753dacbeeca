package culvert.config;

import java.time.Duration;

/**
 * What a bounce server allows to strangers.
 *
 * @param authTimeout from the connection to a complete group number, the transport's handshake
 *     included
 * @param numberPause a group number with fewer digits than it may have is complete once nothing
 *     more has come for so long
 * @param halfOpen connections that have not joined a group yet
 * @param halfOpenPerAddress the same from one address: an IPv4 address, or an IPv6 network of 64
 *     bits
 */
public record BounceLoginLimits(
    Duration authTimeout, Duration numberPause, int halfOpen, int halfOpenPerAddress) {

  /** What the command line has where nothing is given. */
  public static final BounceLoginLimits DEFAULT =
      new BounceLoginLimits(Duration.ofSeconds(5), Duration.ofMillis(250), 256, 64);

  /**
   * Checks each.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public BounceLoginLimits {
    if (authTimeout.isZero()) {
      throw new IllegalArgumentException("--auth-timeout is zero: nobody could join");
    }
    if (numberPause.compareTo(authTimeout) >= 0) {
      throw new IllegalArgumentException(
          "--number-pause is not shorter than --auth-timeout: a short number would never be"
              + " complete");
    }
    Checks.count("--max-unauthenticated", halfOpen);
    Checks.count("--max-unauthenticated-per-addr", halfOpenPerAddress);
  }
}
