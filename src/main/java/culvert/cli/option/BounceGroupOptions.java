package culvert.cli.option;

import culvert.config.BounceGroups;
import culvert.config.PairedGroups;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The groups of a bounce server. */
public final class BounceGroupOptions {

  @Option(
      names = {"-e", "--echo"},
      description = "Send what a member sends back to it too.")
  private boolean echo;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "2",
      description = "Members that a group may have (default: 2).")
  private int members;

  @Option(
      names = "--max-pairs",
      paramLabel = "N",
      defaultValue = "65536",
      description =
          "How many groups there are: their numbers are less, and as many hex digits as the largest"
              + " has are what a member may send (default: 65536).")
  private int groups;

  @Option(
      names = "--max-clients",
      paramLabel = "N",
      defaultValue = "16384",
      description = "Members that all groups together may have (default: 16384).")
  private int clients;

  @Option(
      names = "--close-with-peer",
      paramLabel = "GROUP,...",
      arity = "0..1",
      fallbackValue = "all",
      description =
          "These groups, or all, are of two members, and the end of one is the end of the other, "
              + "half-close and reset included, as if they were connected to each other. They are "
              + "written in hexadecimal digits, as on the wire.")
  private PairedGroups paired = PairedGroups.NONE;

  @Option(
      names = "--half-close-timeout",
      paramLabel = "TIME",
      defaultValue = "1m",
      description =
          "Such a pair of which one direction has ended may be silent for so long (default: 1m).")
  private Duration halfClose;

  @Option(
      names = "--drop-slow-after",
      paramLabel = "TIME",
      defaultValue = "5m",
      description =
          "A member that takes no bytes holds back who sends to it, and is dropped after so long; "
              + "0s: never (default: 5m).")
  private Duration dropSlow;

  /**
   * What they come to.
   *
   * @throws IllegalArgumentException naming the option that is no good
   */
  public BounceGroups groups() {
    return new BounceGroups(groups, members, clients, echo, paired, dropSlow, halfClose);
  }
}
