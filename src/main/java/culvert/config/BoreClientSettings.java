package culvert.config;

import java.util.Optional;

/**
 * What a client of bore's wire asks its server for, and by what right.
 *
 * @param port where visitors are to come in; 0 for any
 * @param secret what the server's challenges are answered with, if it has one
 */
public record BoreClientSettings(int port, Optional<BoreSecret> secret) {

  private static final int MAX_PORT = 65535;

  /**
   * Checks the port.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public BoreClientSettings {
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("--port " + port + " is not within 0 to 65535");
    }
  }
}
