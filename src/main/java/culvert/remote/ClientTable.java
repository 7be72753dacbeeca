package culvert.remote;

import culvert.config.ClientSettings;
import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.session.ProvenClient;
import culvert.session.Session;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The clients of the current settings, and what they may offer. Guarded by the lock of {@link
 * Registry}. A session that has logged in as no client may offer everything.
 */
final class ClientTable {

  private Map<String, ClientSettings> clients = Map.of();

  /** Replaces the clients. */
  void set(List<ClientSettings> changed) {
    clients = changed.stream().collect(Collectors.toMap(ClientSettings::name, Function.identity()));
  }

  /**
   * Returns why the session's login is not valid any more: the settings may have changed while or
   * after it proved its secret.
   */
  Optional<String> refusalOfLogin(Session session) {
    return session.client().flatMap(this::refusal);
  }

  private Optional<String> refusal(ProvenClient login) {
    ClientSettings client = clients.get(login.name());
    if (client == null) {
      return Optional.of("client '" + login.name() + "' was removed from the settings");
    }
    return client.secret().equals(login.secret())
        ? Optional.empty()
        : Optional.of("the secret of client '" + login.name() + "' has changed");
  }

  /**
   * Returns why the session's client may not offer this.
   *
   * @param port the public port; empty for a service that has a listener, 0 for any port
   */
  Optional<String> refusal(Session session, String service, OptionalInt port) {
    return client(session)
        .flatMap(client ->
            port.isPresent()
                ? refusalOfPort(client, port.getAsInt())
                : refusalOfService(client, service));
  }

  private static Optional<String> refusalOfService(ClientSettings client, String service) {
    return client.permitsService(service)
        ? Optional.empty()
        : Optional.of(
            "client '%s' may not offer service '%s'; it may offer %s"
                .formatted(client.name(), service, permitted(client.services())));
  }

  private static Optional<String> refusalOfPort(ClientSettings client, int port) {
    boolean isPermitted = port == 0 ? !client.ports().isEmpty() : client.permitsPort(port);
    return isPermitted
        ? Optional.empty()
        : Optional.of(
            "client '%s' may not request %s; it may request %s"
                .formatted(
                    client.name(),
                    port == 0 ? "a port" : "port " + port,
                    permitted(client.ports())));
  }

  private static String permitted(List<?> all) {
    return all.isEmpty()
        ? "none"
        : all.stream().map(Object::toString).collect(Collectors.joining(", "));
  }

  /** Returns the ports of the range that the session may have. */
  List<PortInterval> ports(Session session, PortRange range) {
    return client(session)
        .map(ClientSettings::ports)
        .orElse(List.of(new PortInterval(range.min(), range.max())))
        .stream()
        .flatMap(interval -> interval.within(range).stream())
        .toList();
  }

  private Optional<ClientSettings> client(Session session) {
    return session.client().map(login -> clients.get(login.name()));
  }
}
