package culvert.cli.option;

import picocli.CommandLine.Option;

/** Limit of concurrent visitors. */
public final class VisitorLimitOption {

  @Option(names = "--max-visitors", paramLabel = "N", description = "Maximum concurrent visitors.")
  @InHelp(HelpGroup.LIMITS)
  private int max;

  /** Sets the default, which differs between commands. */
  public VisitorLimitOption(int max) {
    this.max = max;
  }

  /** Returns the maximum number of visitors. */
  public int max() {
    return max;
  }
}
