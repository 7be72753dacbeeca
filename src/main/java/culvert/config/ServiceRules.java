package culvert.config;

import culvert.net.SocketMode;
import culvert.net.UnixPath;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.List;

/**
 * The rules for the visitors of a remote proxy, which each service can have of its own.
 *
 * @param networks the networks whose visitors may use a service
 * @param balance how visitors are spread over the origin proxies that share a service
 * @param bandwidth bytes per second of all visitors of a service together, in each direction
 * @param socketModes modes of the files of Unix sockets
 */
public record ServiceRules(
    NetworkRules networks,
    PerService<Balance> balance,
    PerService<ByteCount> bandwidth,
    PerService<SocketMode> socketModes) {

  /** No rules. */
  public static final ServiceRules NONE =
      new ServiceRules(NetworkRules.NONE, PerService.none(), PerService.none(), PerService.none());

  /**
   * Checks that each rule is for a service that exists, and that none contradicts another.
   *
   * @throws IllegalArgumentException whose message names the option and the service
   */
  void check(List<ServiceAddress> services) {
    networks.check(services);
    balance.checkSingle(Setting.BALANCE, services, Setting.OUTSIDE_ADDR);
    bandwidth.checkSingle(Setting.MAX_BANDWIDTH, services, Setting.OUTSIDE_ADDR);
    bandwidth
        .values()
        .forEach((service, all) ->
            Checks.bandwidth(new ServiceSetting(Setting.MAX_BANDWIDTH, service), all.getFirst()));
    socketModes.checkSingle(Setting.SOCKET_MODE, services, Setting.OUTSIDE_ADDR);
    services.forEach(this::checkSocket);
  }

  private void checkSocket(ServiceAddress service) {
    String name = service.service();
    if (!(service.address() instanceof UnixPath) && socketModes.values().containsKey(name)) {
      throw new SettingException(
          "%s is for the service '%s', which is not at a Unix socket",
          new ServiceSetting(Setting.SOCKET_MODE, name), name);
    }
  }

  /** Returns the mode of the file of a service's Unix socket. */
  public SocketMode socketMode(String service) {
    return socketModes.value(service).orElse(SocketMode.OWNER);
  }
}
