package culvert.config;

import culvert.setting.Setting;
import java.util.Optional;

/**
 * A client's registration at a bore server.
 *
 * @param port the public port that the client requests; 0 for any
 * @param secret the secret that the client answers challenges with, if the server requires one
 */
public record BoreClientSettings(int port, Optional<BoreSecret> secret) {

  private static final int MAX_PORT = 65535;

  /**
   * Validates the port.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BoreClientSettings {
    if (port < 0 || port > MAX_PORT) {
      throw new InvalidSettingException(Setting.BORE_PORT, port, "a port from 0 to " + MAX_PORT);
    }
  }
}
