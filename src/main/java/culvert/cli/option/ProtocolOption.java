package culvert.cli.option;

import culvert.config.ServiceAddress;
import culvert.config.TransportKind;
import culvert.setting.SettingMessage;
import java.util.List;
import java.util.Optional;
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

  private ProtocolRules rules() {
    return new ProtocolRules(isTrp());
  }

  /** Checks the settings as {@link ProtocolRules#check} does. */
  public void check(boolean hasSecret, TransportKind transport, List<ServiceAddress> services) {
    rules().check(hasSecret, transport, services);
  }

  /** Checks the settings of a reload as {@link ProtocolRules#checkKept} does. */
  public void checkKept(ProtocolOption changed) {
    rules().checkKept(changed.rules());
  }

  /** Checks a setting as {@link ProtocolRules#reject} does. */
  public void reject(Object setting, boolean isGiven) {
    rules().reject(setting, isGiven);
  }

  /** Returns a warning as {@link ProtocolRules#advice} does. */
  public Optional<SettingMessage> advice(boolean isAuthenticated, String withoutSecret) {
    return rules().advice(isAuthenticated, withoutSecret);
  }
}
