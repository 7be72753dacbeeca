package culvert.cli.option;

import culvert.config.Balance;
import culvert.config.ByteCount;
import culvert.config.NetworkRules;
import culvert.config.ServiceRules;
import culvert.config.ServiceValue;
import culvert.net.Cidr;
import culvert.net.SocketMode;
import culvert.setting.Setting;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Rules for the visitors of a remote proxy, which each service can have of its own. */
public final class ServiceRuleOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--allow-from",
      paramLabel = "[NAME=]CIDR",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Network.class,
      description =
          "Accept visitors of a service from this network only; without NAME, of every service that"
              + " has none of its own, and of ports on request. Repeat the option for more"
              + " networks. The address is that of the PROXY header, where one is expected. A"
              + " reload resets connected visitors that are no longer allowed.")
  @InHelp(HelpGroup.ADDRESSES)
  private List<ServiceValue<Cidr>> allowed = List.of();

  @Option(
      names = "--deny-from",
      paramLabel = "[NAME=]CIDR",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Network.class,
      description =
          "Reject visitors of a service from this network, also if --allow-from has it; without"
              + " NAME, of every service. Repeat the option for more networks.")
  @InHelp(HelpGroup.ADDRESSES)
  private List<ServiceValue<Cidr>> denied = List.of();

  @Option(
      names = "--balance",
      paramLabel = "[NAME=]POLICY",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Policy.class,
      description =
          "Spread the visitors of a service over the origin proxies that share it with --share:"
              + " round-robin, least-connections, or source for the same origin proxy to all"
              + " visitors with one address; without NAME, of every service that has no policy of"
              + " its own. [default: round-robin]")
  @InHelp(HelpGroup.OPERATION)
  private List<ServiceValue<Balance>> balance = List.of();

  @Option(
      names = "--max-bandwidth",
      paramLabel = "[NAME=]BYTES",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Bytes.class,
      description =
          "Maximum bytes per second of all visitors of a service together, in each direction;"
              + " without NAME, of every service that has no value of its own, and of every port on"
              + " request. Datagrams beyond it are dropped.")
  @InHelp(HelpGroup.LIMITS)
  private List<ServiceValue<ByteCount>> bandwidth = List.of();

  @Option(
      names = "--socket-mode",
      paramLabel = "[NAME=]MODE",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Mode.class,
      description =
          "Mode of the file of a service's Unix socket, as three octal digits; without NAME, of"
              + " every one that has no mode of its own. Processes that may write to the file can"
              + " connect. [default: 600]")
  @InHelp(HelpGroup.ADDRESSES)
  private List<ServiceValue<SocketMode>> socketModes = List.of();

  /**
   * Returns the rules of all places.
   *
   * @throws IllegalArgumentException if a value is invalid
   */
  public ServiceRules rules() {
    return new ServiceRules(
        NetworkRules.of(
            ServiceValues.of(spec, Setting.ALLOW_FROM, allowed),
            ServiceValues.of(spec, Setting.DENY_FROM, denied)),
        ServiceValues.of(spec, Setting.BALANCE, balance),
        ServiceValues.of(spec, Setting.MAX_BANDWIDTH, bandwidth),
        ServiceValues.of(spec, Setting.SOCKET_MODE, socketModes));
  }
}
