package culvert.cli.option;

import culvert.config.BounceGroups;
import culvert.config.ConnectionLimits;
import culvert.config.PairedGroups;
import culvert.config.TransportKind;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of a bounce server's groups. */
@InHelp(HelpGroup.LIMITS)
public final class BounceGroupOptions {

  @Option(
      names = {"-e", "--echo"},
      fallbackValue = "true",
      description = "Send the bytes of a member back to it as well.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean echo;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "2",
      description = "Maximum members of a group.")
  @InHelp(value = HelpGroup.LIMITS, isBrief = true)
  private int members;

  @Option(
      names = "--max-pairs",
      paramLabel = "N",
      defaultValue = "65536",
      description =
          "Number of groups. Their numbers begin at 0; a member sends at most as many hexadecimal "
              + "digits as the largest has.")
  @InHelp(value = HelpGroup.LIMITS, isBrief = true)
  private int groups;

  @Option(
      names = "--max-clients",
      paramLabel = "N",
      description =
          "Maximum members of all groups together. [default: one for each 24K of the heap, 64K with"
              + " TLS; 6,034 and 2,263 with the image's own settings]")
  private Integer clients;

  @Option(
      names = "--max-clients-per-addr",
      paramLabel = "N",
      description =
          "Maximum members from one IPv4 address or one IPv6 network of 64 bits. [default: three"
              + " quarters of --max-clients]")
  private Integer clientsPerAddress;

  @Option(
      names = "--close-with-peer",
      paramLabel = "GROUP,...",
      arity = "0..1",
      fallbackValue = "all",
      description =
          "Treat these groups, or all, as pairs. The end of one member's connection ends the"
              + " other's, half-close and reset included, as if the two were connected directly."
              + " Group numbers are hexadecimal, as in the protocol.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private PairedGroups paired = PairedGroups.NONE;

  @Mixin private HalfCloseOption halfClose;

  @Mixin private IdleTimeoutOption idle;

  @Option(
      names = "--drop-slow-after",
      paramLabel = "TIME",
      defaultValue = "5m",
      description =
          "Drop a member that accepts no bytes for this long, because it blocks the members that"
              + " send to it; 0s for never.")
  private Duration dropSlow;

  /**
   * Returns the settings.
   *
   * @param transport of the members' connections
   * @throws IllegalArgumentException if an option is invalid
   */
  public BounceGroups groups(TransportKind transport) {
    int max = clients == null ? BounceGroups.maxClients(transport.isTls()) : clients;
    return new BounceGroups(
        groups,
        members,
        max,
        clientsPerAddress == null ? ConnectionLimits.shareOfOneAddress(max) : clientsPerAddress,
        echo,
        paired,
        dropSlow,
        halfClose.timeout(),
        idle.timeout());
  }
}
