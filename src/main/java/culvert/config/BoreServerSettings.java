package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.util.List;
import java.util.Optional;

/**
 * A server for bore's clients.
 *
 * @param address the address for these clients only, if there is one
 * @param secrets a client must prove that it has one of these; if empty, every client is accepted
 */
public record BoreServerSettings(Optional<HostPort> address, List<BoreSecret> secrets) {

  /** Copies the list. */
  public BoreServerSettings {
    secrets = List.copyOf(secrets);
  }

  /** Creates the settings of a server at an address of its own. */
  public BoreServerSettings(HostPort address, List<BoreSecret> secrets) {
    this(Optional.of(address), secrets);
  }

  /**
   * Checks that clients of bore, who have no rules, do not bypass those of the remote proxy's
   * clients.
   *
   * @param clients the table of clients, if there is one
   * @throws SettingException naming the setting of the secret
   */
  void checkClients(Optional<List<ClientSettings>> clients) {
    if (clients.isPresent() && secrets.isEmpty()) {
      throw new SettingException(
          "%s requires %s with clients: without a secret, every client of bore could open the ports"
              + " of all of them",
          address.isPresent() ? Setting.BORE_ADDR : SettingMessage.of("%s bore", Setting.PROTOCOL),
          Setting.BORE_SECRET);
    }
    for (ClientSettings client : clients.orElse(List.of())) {
      if (secrets.contains(client.secret().forBore())) {
        throw ClientSettings.equalSecret(
            client, "the clients of bore", Setting.BORE_SECRET, Setting.BORE_SECRET_FILE);
      }
    }
  }
}
