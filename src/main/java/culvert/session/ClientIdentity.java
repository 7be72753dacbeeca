package culvert.session;

/**
 * Who has logged in.
 *
 * @param name keeps its meaning when the process is started anew
 * @param instance random, another for each process; nobody else can know it
 */
public record ClientIdentity(String name, String instance) {}
