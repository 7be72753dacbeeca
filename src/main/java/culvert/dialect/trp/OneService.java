package culvert.dialect.trp;

import culvert.config.ServiceAddress;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.List;

/** Checks the services of changed settings: the protocol has one service without a name. */
final class OneService {

  private OneService() {}

  /**
   * Checks that the service keeps its name.
   *
   * @throws IllegalArgumentException if it does not
   */
  static void check(String running, List<ServiceAddress> changed) {
    String name = changed.getFirst().service();
    if (!name.equals(running)) {
      throw new SettingException(
          "%s trp has one service, which cannot be renamed from '%s' to '%s' while the role runs",
          Setting.PROTOCOL, running, name);
    }
  }
}
