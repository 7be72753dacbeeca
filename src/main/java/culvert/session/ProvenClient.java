package culvert.session;

import culvert.config.Secret;

/**
 * The client of the settings that a session has logged in as.
 *
 * @param name the client's name
 * @param secret the secret that the session has proven; the settings may have another one since
 */
public record ProvenClient(String name, Secret secret) {}
