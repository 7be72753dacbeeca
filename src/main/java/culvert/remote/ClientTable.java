package culvert.remote;

import culvert.config.ClientSettings;
import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.config.ShortList;
import culvert.session.LoginProof;
import culvert.session.ProvenClient;
import culvert.session.Session;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The secrets and clients of the current settings, and what clients may offer. Guarded by the lock
 * of {@link Registry}. A session that has logged in as no client may offer everything.
 */
final class ClientTable {

  private Map<String, ClientSettings> clients = Map.of();

  /** The secrets of logins as no client. */
  private Set<Secret> secrets = Set.of();

  private boolean isSecretRequired;
  private boolean isAuthenticationRequired;

  /** Replaces secrets and clients; returns the clients that were removed or have changed. */
  Set<String> set(RemoteSettings changed) {
    Map<String, ClientSettings> next =
        changed.clients().stream()
            .collect(Collectors.toMap(ClientSettings::name, Function.identity()));
    Set<String> affected =
        clients.values().stream()
            .filter(client -> !client.equals(next.get(client.name())))
            .map(ClientSettings::name)
            .collect(Collectors.toSet());
    clients = next;
    secrets = Set.copyOf(changed.secrets());
    isSecretRequired = changed.hasSecret();
    isAuthenticationRequired = changed.isPeerAuthenticated();
    return affected;
  }

  /**
   * Returns why the session's login is not valid any more: the settings may have changed while or
   * after it proved its secret.
   */
  Optional<String> refusalOfLogin(Session session) {
    return session.client().isPresent()
        ? refusal(session.client().get())
        : session.proof().flatMap(this::refusal);
  }

  private Optional<String> refusal(LoginProof proof) {
    if (isSecretRequired && !proof.secret().map(secrets::contains).orElse(false)) {
      return Optional.of(
          proof.secret().isPresent()
              ? "the secret of its login was removed from the settings"
              : "the settings require a secret since its login");
    }
    return proof.isAuthenticated() || !isAuthenticationRequired
        ? Optional.empty()
        : Optional.of("the settings require authentication since its login");
  }

  private Optional<String> refusal(ProvenClient login) {
    ClientSettings client = clients.get(login.name());
    if (client == null) {
      return Optional.of(removed(login));
    }
    return client.secret().equals(login.secret())
        ? Optional.empty()
        : Optional.of("the secret of client '" + login.name() + "' has changed");
  }

  private static String removed(ProvenClient login) {
    return "client '" + login.name() + "' was removed from the settings";
  }

  /**
   * Returns why the session's client may not offer this.
   *
   * @param port the public port; empty for a service that has a listener, 0 for any port
   */
  Optional<String> refusal(Session session, String service, OptionalInt port) {
    if (session.client().isEmpty()) {
      return Optional.empty();
    }
    ProvenClient login = session.client().get();
    ClientSettings client = clients.get(login.name());
    if (client == null) {
      return Optional.of(removed(login));
    }
    return port.isPresent()
        ? refusalOfPort(client, port.getAsInt())
        : refusalOfService(client, service);
  }

  private static Optional<String> refusalOfService(ClientSettings client, String service) {
    return client.permitsService(service)
        ? Optional.empty()
        : Optional.of(
            "client '%s' may not offer service '%s'; it may offer %s"
                .formatted(client.name(), service, ShortList.of(client.services())));
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
                    ShortList.of(client.ports())));
  }

  /** Returns the ports of the range that the session may have. */
  List<PortInterval> ports(Session session, PortRange range) {
    return intervals(session, range).stream()
        .flatMap(interval -> interval.within(range).stream())
        .toList();
  }

  private List<PortInterval> intervals(Session session, PortRange range) {
    if (session.client().isEmpty()) {
      return List.of(new PortInterval(range.min(), range.max()));
    }
    ClientSettings client = clients.get(session.client().get().name());
    return client == null ? List.of() : client.ports();
  }
}
