package culvert.cli.option;

import culvert.config.BounceLoginLimits;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of logins at a bounce server. */
@InHelp(HelpGroup.LIMITS)
public final class BounceLoginOptions {

  @Mixin private BounceAuthOptions auth;

  @Option(
      names = "--auth-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description = "Timeout from accepting a connection to its joining a group.")
  private Duration authTimeout;

  @Option(
      names = "--number-pause",
      paramLabel = "TIME",
      defaultValue = "250ms",
      description =
          "Pause after which a group number with fewer digits than possible is complete. A"
              + " character that is not a hexadecimal digit completes it too.")
  private Duration numberPause;

  @Mixin private UnauthenticatedOptions unauthenticated;

  /** Returns the options of the authentication string. */
  public BounceAuthOptions auth() {
    return auth;
  }

  /**
   * Returns the limits.
   *
   * @throws IllegalArgumentException if one is invalid
   */
  public BounceLoginLimits limits() {
    return new BounceLoginLimits(
        authTimeout, numberPause, unauthenticated.total(), unauthenticated.perAddress());
  }
}
