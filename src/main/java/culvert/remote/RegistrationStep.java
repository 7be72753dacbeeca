package culvert.remote;

import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.Session;
import java.util.List;
import java.util.Map;

/** The result of a check of a {@link Registration}. */
sealed interface RegistrationStep {

  /**
   * The session serves all services and has been entered in the tables.
   *
   * @param addresses the public addresses of each service
   * @param services the services that the session did not serve before, each with the titles of the
   *     sessions that it shares the service with
   * @param ports its new ports, whose visitors it does not get before the answer
   * @param superseded the sessions that have lost their name to it
   * @param silent the other sessions that it replaces, because they did not answer a probe
   */
  record Serve(
      Map<Offer, List<String>> addresses,
      Map<String, List<String>> services,
      List<PortTable.Held> ports,
      List<RegistryTables.Withdrawal> superseded,
      List<RegistryTables.Withdrawal> silent)
      implements RegistrationStep {}

  /** The session serves none of the services. */
  record Decline(Offer offer, DeclinedReason reason, String why) implements RegistrationStep {}

  /** Other sessions have something that this one requests, and must be probed. */
  record Probe(List<Contest> contests) implements RegistrationStep {}

  /** The port is reserved, and its listener must be bound. */
  record Bind(Offer offer, int port) implements RegistrationStep {}

  /**
   * The port is being closed, or an earlier registration of the session probes the holder of its
   * name; the registration continues then.
   */
  record Wait() implements RegistrationStep {}

  /**
   * A name, service or port that another session has.
   *
   * @param subject identifies it, whatever sessions request it
   * @param isOfName whether it is the session's name
   * @param decline the answer if the holder is alive
   */
  record Contest(String subject, Session holder, boolean isOfName, Decline decline) {}
}
