package culvert.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A client of a remote proxy: an origin proxy that logs in under a name with a secret of its own,
 * and may offer only what is listed here.
 *
 * @param name the client's name: 1 to 64 letters, digits, dots, dashes and underscores
 * @param secret its secret
 * @param services the services with a listener that it may offer: names, or beginnings of names
 *     with an asterisk after them
 * @param ports the ports that it may request
 */
public record ClientSettings(
    String name, Secret secret, List<String> services, List<PortInterval> ports) {

  private static final Pattern SERVICE =
      Pattern.compile("[A-Za-z0-9._-]{1,64}|[A-Za-z0-9._-]{0,63}\\*");

  /**
   * Validates the name.
   *
   * @throws IllegalArgumentException whose message has the name and the valid form
   */
  public ClientSettings {
    checkName(name);
    services = List.copyOf(services);
    ports = List.copyOf(ports);
  }

  /**
   * Validates the name of a client.
   *
   * @throws IllegalArgumentException whose message has the name and the valid form
   */
  public static void checkName(String name) {
    Checks.clientName(name);
  }

  /**
   * Validates a pattern of service names.
   *
   * @throws IllegalArgumentException whose message describes the valid form
   */
  public static void checkService(String pattern) {
    if (!SERVICE.matcher(pattern).matches()) {
      throw new IllegalArgumentException(
          "expected the name of a service, or its beginning and an asterisk");
    }
  }

  /** Returns whether the client may offer a service that has a listener. */
  public boolean permitsService(String service) {
    return services.stream().anyMatch(pattern -> matches(pattern, service));
  }

  private static boolean matches(String pattern, String service) {
    return pattern.endsWith("*")
        ? service.startsWith(pattern.substring(0, pattern.length() - 1))
        : service.equals(pattern);
  }

  /** Returns whether the client may request the port. */
  public boolean permitsPort(int port) {
    return ports.stream().anyMatch(interval -> interval.contains(port));
  }

  /**
   * Checks that no secret is that of two clients, or also that of the remote proxy: its owner could
   * choose between the rules of both.
   *
   * @throws IllegalArgumentException naming the clients
   */
  static void checkSecrets(List<Secret> ofNoClient, List<ClientSettings> clients) {
    Map<Secret, String> owners = new HashMap<>();
    ofNoClient.forEach(secret -> owners.put(secret, "the remote proxy"));
    for (ClientSettings client : clients) {
      String other = owners.put(client.secret, "client '" + client.name + "'");
      if (other != null) {
        throw new IllegalArgumentException(
            "client '%s' has the secret of %s: each client needs a secret of its own"
                .formatted(client.name, other));
      }
    }
  }

  /** Returns these settings with the secret of others, if both are equal. */
  ClientSettings keeping(ClientSettings running) {
    return new ClientSettings(name, secret.in(List.of(running.secret)), services, ports);
  }
}
