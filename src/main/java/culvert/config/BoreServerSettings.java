package culvert.config;

import culvert.net.HostPort;
import java.util.List;

/**
 * A server for bore's clients.
 *
 * @param address the address that clients connect to
 * @param secrets a client must prove that it has one of these; if empty, every client is accepted
 */
public record BoreServerSettings(HostPort address, List<BoreSecret> secrets) {

  /** Copies the list. */
  public BoreServerSettings {
    secrets = List.copyOf(secrets);
  }
}
