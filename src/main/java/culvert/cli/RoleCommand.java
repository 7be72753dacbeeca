package culvert.cli;

import culvert.config.ClientSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.setting.SettingMessage;
import java.util.List;

/** The command of a role that a settings file can set up. */
interface RoleCommand {

  /**
   * Creates the settings from the options that were parsed, and discards them.
   *
   * @throws IllegalArgumentException if they are invalid
   */
  void check();

  /** Returns warnings about the settings, which are valid. */
  List<SettingMessage> advice();

  /** Returns the clients of the settings; none for a role without clients. */
  default List<ClientSettings> clients() {
    return List.of();
  }

  /** Returns the services of the options; none for a role without services. */
  default List<ServiceAddress> services() {
    return List.of();
  }

  /** Returns the remote proxies of the options; none for a role without them. */
  default List<RemoteAddress> remotes() {
    return List.of();
  }
}
