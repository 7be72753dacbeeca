package culvert.config;

import culvert.net.HostPort;

/**
 * A service and its address on this side: {@code NAME=HOST:PORT}, or {@code HOST:PORT} for the
 * service {@value #DEFAULT_NAME}.
 *
 * @param service 1 to 64 letters, digits, dots, dashes and underscores
 * @param address the public address, or the origin server's
 */
public record ServiceAddress(String service, HostPort address) {

  /** The name of a service without a given name. */
  public static final String DEFAULT_NAME = "default";

  /** Validates the name. */
  public ServiceAddress {
    Checks.serviceName(service);
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static ServiceAddress parse(String text) {
    int equals = text.indexOf('=');
    return equals < 0
        ? new ServiceAddress(DEFAULT_NAME, HostPort.parse(text))
        : new ServiceAddress(text.substring(0, equals), HostPort.parse(text.substring(equals + 1)));
  }

  @Override
  public String toString() {
    return service + "=" + address;
  }
}
