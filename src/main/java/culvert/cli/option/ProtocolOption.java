package culvert.cli.option;

import picocli.CommandLine.Option;

/** The protocol of an origin proxy. */
public final class ProtocolOption {

  @Option(
      names = {"--protocol", FormerNames.DIALECT},
      paramLabel = "KIND",
      defaultValue = "native",
      description =
          "Protocol of the link: native, or trp to work with the programs of"
              + " tunneled-reverse-proxy. trp has one service and NO AUTHENTICATION: the first"
              + " program that connects to the control address receives the visitors.")
  @InHelp(HelpGroup.TRANSPORT)
  private ProtocolKind kind;

  /** Returns whether the protocol is that of tunneled-reverse-proxy. */
  public boolean isTrp() {
    return kind == ProtocolKind.TRP;
  }

  /** Returns the rules of the protocol. */
  public ProtocolRules rules() {
    return new ProtocolRules(isTrp());
  }
}
