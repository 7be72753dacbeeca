package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks that no two listeners of a role need one address. */
final class ListenAddresses {

  private static final String EVERY_IPV4 = "0.0.0.0";
  private static final String EVERY = "::";

  /**
   * A listener.
   *
   * @param setting a {@link Setting}, or the one of a service
   */
  private record Use(Object setting, HostPort address) {}

  /** The listeners of each port. */
  private final Map<Integer, List<Use>> uses = new HashMap<>();

  /**
   * Adds a listener.
   *
   * @param setting a {@link Setting} or a {@link culvert.setting.ServiceSetting}
   * @throws SettingException if an earlier one has the address
   */
  void add(Object setting, Optional<HostPort> address) {
    address.filter(given -> given.port() != 0).ifPresent(given -> add(setting, given));
  }

  private void add(Object setting, HostPort address) {
    List<Use> ofPort = uses.computeIfAbsent(address.port(), port -> new ArrayList<>());
    for (Use use : ofPort) {
      if (overlap(use.address, address)) {
        throw new SettingException(
            "%s and %s both listen at port %s of %s",
            use.setting, setting, address.port(), address.host());
      }
    }
    ofPort.add(new Use(setting, address));
  }

  /** Returns whether two listeners of one port exclude each other. */
  private static boolean overlap(HostPort one, HostPort other) {
    return one.host().equalsIgnoreCase(other.host())
        || one.host().equals(EVERY)
        || other.host().equals(EVERY)
        || isEveryOfIpv4(one, other)
        || isEveryOfIpv4(other, one);
  }

  private static boolean isEveryOfIpv4(HostPort every, HostPort other) {
    return every.host().equals(EVERY_IPV4) && !other.host().contains(":");
  }
}
