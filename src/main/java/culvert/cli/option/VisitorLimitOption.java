package culvert.cli.option;

import culvert.config.ConnectionLimits;
import picocli.CommandLine.Option;

/** Limit of concurrent visitors. */
public final class VisitorLimitOption {

  @Option(
      names = "--max-visitors",
      paramLabel = "N",
      description =
          "Maximum concurrent visitors. [default: one for each 14K of the heap; 10,345 with the"
              + " image's own settings]")
  @InHelp(HelpGroup.LIMITS)
  private Integer max;

  /** Returns the maximum number of visitors. */
  public int max() {
    return max == null ? ConnectionLimits.DEFAULT.visitors() : max;
  }
}
