package culvert.config;

import culvert.net.HostPort;
import culvert.net.ServerAddress;
import java.util.function.Function;

/**
 * A service and its address on this side: {@code NAME=HOST:PORT}, or {@code HOST:PORT} for the
 * service {@value #DEFAULT_NAME}. The address of a UDP service begins with {@code udp:}. That of a
 * TCP service may be the path of a Unix socket instead, as {@code unix:PATH}.
 *
 * @param service 1 to 64 letters, digits, dots, dashes and underscores
 * @param type what the service carries
 * @param address the public address, or the origin server's
 */
public record ServiceAddress(String service, ServiceType type, ServerAddress address) {

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

  /** Creates the address of a TCP service. */
  public ServiceAddress(String service, HostPort address) {
    this(service, ServiceType.TCP, address);
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static ServiceAddress parse(String text) {
    return parse(text, address -> ServerAddress.parse(address, HostPort::parse));
  }

  /**
   * Parses both forms.
   *
   * @param address parses the part after the name and the type
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static ServiceAddress parse(
      String text, Function<String, ? extends ServerAddress> address) {
    NamedText named = NamedText.of(text);
    String name = named.hasName() ? named.name() : DEFAULT_NAME;
    String place = named.rest();
    boolean isUdp = place.startsWith(ServiceType.UDP.prefix());
    return isUdp
        ? new ServiceAddress(
            name,
            ServiceType.UDP,
            address.apply(place.substring(ServiceType.UDP.prefix().length())))
        : new ServiceAddress(name, ServiceType.TCP, address.apply(place));
  }

  /**
   * Returns the address of a service that has no Unix socket, as all of UDP.
   *
   * @throws IllegalStateException if it has one
   */
  public HostPort hostPort() {
    return address.hostPort();
  }

  /** Returns the address with its type, as {@code udp:192.0.2.1:53}. */
  public String typedAddress() {
    return type.prefix() + address;
  }

  @Override
  public String toString() {
    return service + "=" + typedAddress();
  }
}
