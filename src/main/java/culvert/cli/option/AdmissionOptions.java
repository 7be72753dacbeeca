package culvert.cli.option;

import culvert.config.ConnectionLimits;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Limits of a role that visitors and clients connect to. */
public final class AdmissionOptions {

  @Mixin private VisitorLimitOption visitors;

  @Option(
      names = "--max-sessions",
      paramLabel = "N",
      description =
          "Maximum concurrent sessions that serve: origin proxies and bore clients. [default: one"
              + " for each 544K of the heap, at most 1024; 266 with the image's own settings]")
  @InHelp(HelpGroup.LIMITS)
  private Integer sessions;

  @Option(
      names = "--max-visitors-per-addr",
      paramLabel = "N",
      description =
          "Maximum concurrent visitors from one IPv4 address or one IPv6 network of 64 bits; that"
              + " of the PROXY header, where one is expected. Raise it if all visitors come through"
              + " one load balancer. [default: three quarters of --max-visitors]")
  @InHelp(HelpGroup.LIMITS)
  private Integer visitorsPerAddress;

  /** Returns the maximum number of concurrent visitors from one address. */
  public int visitorsPerAddress() {
    return visitorsPerAddress == null
        ? ConnectionLimits.shareOfOneAddress(visitors())
        : visitorsPerAddress;
  }

  /** Returns the maximum number of concurrent visitors. */
  public int visitors() {
    return visitors.max();
  }

  /** Returns the maximum number of concurrent sessions. */
  public int sessions() {
    return sessions == null ? ConnectionLimits.DEFAULT.sessions() : sessions;
  }
}
