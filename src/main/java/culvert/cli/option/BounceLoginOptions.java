package culvert.cli.option;

import culvert.config.BounceLoginLimits;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a bounce server lets members in. */
public final class BounceLoginOptions {

  @Mixin private BounceAuthOptions auth;

  @Option(
      names = "--auth-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description = "From a connection to its group (default: 5s).")
  private Duration authTimeout;

  @Option(
      names = "--number-pause",
      paramLabel = "TIME",
      defaultValue = "250ms",
      description =
          "A group's number of fewer digits than it may have is complete after so long a silence, "
              + "or with what is no hex digit (default: 250ms).")
  private Duration numberPause;

  @Option(
      names = "--max-half-open",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Connections that are in no group yet; beyond it the oldest of them is dropped (default: "
              + "256).")
  private int halfOpen;

  @Option(
      names = "--max-half-open-per-addr",
      paramLabel = "N",
      defaultValue = "64",
      description = "The same from one IPv4 address or one IPv6 network of 64 bits (default: 64).")
  private int halfOpenPerAddr;

  /** What they say first. */
  public BounceAuthOptions auth() {
    return auth;
  }

  /**
   * What the others come to.
   *
   * @throws IllegalArgumentException naming the option that is no good
   */
  public BounceLoginLimits entry() {
    return new BounceLoginLimits(authTimeout, numberPause, halfOpen, halfOpenPerAddr);
  }
}
