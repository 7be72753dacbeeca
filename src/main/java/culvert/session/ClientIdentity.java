package culvert.session;

import java.util.Optional;

/**
 * Identifies an origin proxy that has logged in. The names of each client of the settings are its
 * own: another client with the same name is another origin proxy.
 *
 * @param client the name of the client that it has logged in as, if it has
 * @param name stays the same when the process is restarted
 * @param instance random and different for each process; secret to the process and its remote proxy
 */
public record ClientIdentity(Optional<String> client, String name, String instance) {

  /** Returns whether both have logged in as one client, or both as none. */
  public boolean isOfClientOf(ClientIdentity other) {
    return client.equals(other.client);
  }

  /** Returns the name, after that of the client and a slash if it has logged in as one. */
  public String title() {
    // No name has a slash, so titles are as distinct as the pairs of names.
    return client.map(text -> text + "/").orElse("") + name;
  }
}
