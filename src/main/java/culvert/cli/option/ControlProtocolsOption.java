package culvert.cli.option;

import culvert.config.ControlProtocol;
import java.util.List;
import picocli.CommandLine.Option;

/** The protocols that a remote proxy serves at its control address. */
public final class ControlProtocolsOption {

  @Option(
      names = {"--protocol", FormerNames.DIALECT},
      paramLabel = "KIND",
      split = ",",
      hideParamSyntax = true,
      defaultValue = "native",
      description =
          "Protocols at the control address: native, or native,bore to serve bore clients at the"
              + " same port, or trp to work with the programs of tunneled-reverse-proxy. bore is"
              + " not encrypted and needs --port-range. trp has one service and NO AUTHENTICATION:"
              + " the first program that connects to the control address receives the visitors.")
  @InHelp(HelpGroup.TRANSPORT)
  private List<ControlProtocol> protocols = List.of();

  /** Returns the protocols. */
  public List<ControlProtocol> protocols() {
    return protocols;
  }

  /** Returns whether bore's clients are served at the control address. */
  public boolean isBore() {
    return protocols.contains(ControlProtocol.BORE);
  }

  /** Returns the rules of the protocol. */
  public ProtocolRules rules() {
    return new ProtocolRules(protocols.contains(ControlProtocol.TRP));
  }
}
