package culvert.config;

import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * @param bandwidth bytes per second of all visitors of its services and ports together, in each
 *     direction; unlimited if empty
 */
public record ClientSettings(
    String name,
    Secret secret,
    List<String> services,
    List<PortInterval> ports,
    Optional<ByteCount> bandwidth) {

  private static final Pattern SERVICE =
      Pattern.compile("[A-Za-z0-9._-]{1,64}|[A-Za-z0-9._-]{0,63}\\*");

  /**
   * Validates the name and the bandwidth.
   *
   * @throws IllegalArgumentException whose message has the invalid value and the valid form
   */
  public ClientSettings {
    checkName(name);
    bandwidth.ifPresent(
        value -> Checks.bandwidth(new ServiceSetting(Setting.CLIENT_MAX_BANDWIDTH, name), value));
    services = List.copyOf(services);
    ports = List.copyOf(ports);
  }

  /** Creates a client without a limit of bandwidth. */
  public ClientSettings(
      String name, Secret secret, List<String> services, List<PortInterval> ports) {
    this(name, secret, services, ports, Optional.empty());
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
   * @throws SettingException naming the clients, and the settings of both secrets
   */
  static void checkSecrets(List<Secret> ofNoClient, List<ClientSettings> clients) {
    Map<Secret, ClientSettings> owners = new HashMap<>();
    for (ClientSettings client : clients) {
      if (ofNoClient.contains(client.secret)) {
        throw equalSecret(client, "the remote proxy", Setting.SECRET, Setting.SECRET_FILE);
      }
      ClientSettings other = owners.put(client.secret, client);
      if (other != null) {
        throw equalSecret(client, "client '" + other.name + "'", other.place(), other.place());
      }
    }
  }

  /**
   * Returns the exception about a client with the secret of another party.
   *
   * @param one a setting of the other secret
   * @param another the other setting that it may have
   */
  static SettingException equalSecret(
      ClientSettings client, String party, Object one, Object another) {
    return new SettingException(
        "client '%1$s' has the secret of %2$s: each client needs a secret of its own",
        client.name, party, client.place(), one, another);
  }

  private ServiceSetting place() {
    return new ServiceSetting(Setting.CLIENT_SECRET, name);
  }

  /** Returns these settings with the equal one of these secrets, if there is one. */
  ClientSettings keeping(Map<Secret, Secret> known) {
    return new ClientSettings(name, known.getOrDefault(secret, secret), services, ports, bandwidth);
  }
}
