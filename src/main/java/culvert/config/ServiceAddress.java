package culvert.config;

import culvert.net.HostPort;
import java.util.function.Function;

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
    checkName(service);
  }

  /**
   * Validates the name of a service.
   *
   * @throws IllegalArgumentException whose message has the name and the valid form
   */
  public static void checkName(String name) {
    Checks.serviceName(name);
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static ServiceAddress parse(String text) {
    return parse(text, HostPort::parse);
  }

  /**
   * Parses both forms.
   *
   * @param address parses the part after the name
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static ServiceAddress parse(String text, Function<String, HostPort> address) {
    int equals = text.indexOf('=');
    return equals < 0
        ? new ServiceAddress(DEFAULT_NAME, address.apply(text))
        : new ServiceAddress(text.substring(0, equals), address.apply(text.substring(equals + 1)));
  }

  @Override
  public String toString() {
    return service + "=" + address;
  }
}
