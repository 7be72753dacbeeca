package culvert.config;

import culvert.net.HostPort;
import java.util.List;

/**
 * How bore's clients are served.
 *
 * @param address where they connect
 * @param secrets any of them lets in; without one everybody is let in, and with one nobody who has
 *     none
 */
public record BoreServerSettings(HostPort address, List<BoreSecret> secrets) {

  /** Keeps the list as it is. */
  public BoreServerSettings {
    secrets = List.copyOf(secrets);
  }
}
