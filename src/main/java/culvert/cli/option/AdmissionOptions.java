package culvert.cli.option;

import culvert.config.ConnectionLimits;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Limits of a role that visitors and clients connect to. */
public final class AdmissionOptions {

  @Mixin
  private final VisitorLimitOption visitors =
      new VisitorLimitOption(ConnectionLimits.DEFAULT.visitors());

  @Option(
      names = "--max-sessions",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Maximum concurrent sessions: origin proxies and bore clients.")
  @InHelp(HelpGroup.LIMITS)
  private int sessions;

  /** Returns the maximum number of concurrent visitors. */
  public int visitors() {
    return visitors.max();
  }

  /** Returns the maximum number of concurrent sessions. */
  public int sessions() {
    return sessions;
  }
}
