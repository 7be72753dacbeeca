package culvert.session;

/**
 * Identifies a client that has logged in.
 *
 * @param name stays the same when the client's process is restarted
 * @param instance random and different for each process; secret to the process and its remote proxy
 */
public record ClientIdentity(String name, String instance) {}
