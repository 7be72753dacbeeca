package culvert.dialect.culvert;

import culvert.config.ClientSettings;
import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.SecretKey;

/**
 * The secrets that one side uses in its logins. A remote proxy looks up that of a client by the
 * client's name and tries no other. An unknown name has a random secret, so that the login fails as
 * with a wrong secret, after the same time.
 */
final class LoginSecrets {

  private final List<Secret> ofNoClient;
  private final Map<String, Secret> clients;
  private final boolean isUsed;

  /** The secret of a client that does not exist. */
  private final Secret unknown = Secret.of(Secret.generate());

  private LoginSecrets(List<Secret> ofNoClient, Map<String, Secret> clients, boolean isUsed) {
    this.ofNoClient = List.copyOf(ofNoClient);
    this.clients = Map.copyOf(clients);
    this.isUsed = isUsed;
    // On all processors: the key of a typed secret takes some tenths of a second.
    Stream.concat(ofNoClient.stream(), clients.values().stream()).toList().parallelStream()
        .forEach(Secret::key);
  }

  /** Returns the secrets of a remote proxy. Blocks until the keys of all of them are derived. */
  static LoginSecrets of(RemoteSettings settings) {
    return new LoginSecrets(
        settings.secrets(),
        settings.clients().stream()
            .collect(Collectors.toMap(ClientSettings::name, ClientSettings::secret)),
        settings.hasSecret());
  }

  /** Returns the secret of an origin proxy, which may be that of a client. */
  static LoginSecrets of(OriginSettings settings) {
    return new LoginSecrets(
        settings.secret().stream().toList(),
        settings
            .client()
            .map(name -> Map.of(name, settings.secret().orElseThrow()))
            .orElse(Map.of()),
        settings.secret().isPresent());
  }

  /** Returns whether a login proves a secret. */
  boolean isUsed() {
    return isUsed;
  }

  /** Returns whether only clients may log in; there may be none. */
  boolean isClientRequired() {
    return isUsed && ofNoClient.isEmpty();
  }

  /**
   * Returns the keys of the secrets of a login without the name of a client; at an origin proxy,
   * the key of its secret.
   */
  List<SecretKey> ofNoClient() {
    return ofNoClient.stream().map(Secret::key).toList();
  }

  /** Returns the key of a client's secret; that of no secret if there is no such client. */
  SecretKey of(String client) {
    return clients.getOrDefault(client, unknown).key();
  }

  /**
   * Returns the secret of a key that was proven.
   *
   * @param client the client that has proven it, if it has logged in as one
   */
  Secret proven(Optional<String> client, SecretKey key) {
    return client
        .map(clients::get)
        .orElseGet(() ->
            ofNoClient.stream().filter(secret -> secret.key() == key).findFirst().orElseThrow());
  }
}
