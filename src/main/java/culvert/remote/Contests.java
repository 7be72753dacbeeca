package culvert.remote;

import culvert.protocol.DeclinedReason;
import culvert.session.ClientIdentity;
import culvert.session.Offer;
import culvert.session.ProvenClient;
import culvert.session.Session;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the names, services and ports that a session requests and that other sessions have; those
 * keep them as long as they answer, against another client until they end. Guarded by the lock of
 * {@link Registry}.
 *
 * @param session the session that requests it
 * @param isShared whether it would share services
 * @param silent sessions that did not answer a probe
 */
record Contests(RegistryTables tables, Session session, boolean isShared, Set<Session> silent) {

  /** Returns a contest for each of the other sessions, without those that the session replaces. */
  List<RegistrationStep.Contest> of(List<Offer> offers) {
    var contests = new ArrayList<RegistrationStep.Contest>();
    List<Session> namesakes = tables.roster().namesakes(session);
    namesakes.stream()
        .filter(holder -> !silent.contains(holder) && tables.roster().isNameKept(holder, session))
        .forEach(holder -> contests.add(forName(holder, offers.getFirst())));
    for (Offer offer : offers) {
      List<Session> holders = tables.holders(session, offer, isShared);
      holders.stream()
          .filter(holder -> !silent.contains(holder) && !namesakes.contains(holder))
          .forEach(holder -> contests.add(forOffer(holder, offer)));
    }
    return contests;
  }

  private static RegistrationStep.Contest forName(Session holder, Offer offer) {
    String name = holder.identity().map(ClientIdentity::title).orElseThrow();
    String why =
        "another process has the name '"
            + name
            + "' and keeps it after "
            + Takeovers.MAX_TAKEOVERS
            + " takeovers; give each process a "
            + Setting.ORIGIN_NAME
            + " of its own";
    return new RegistrationStep.Contest(
        "name " + name,
        holder,
        true,
        new RegistrationStep.Decline(offer, DeclinedReason.IN_USE, why));
  }

  /** A port's subject begins with a colon, which no service's name has. */
  private RegistrationStep.Contest forOffer(Session holder, Offer offer) {
    return offer.port().isPresent()
        ? new RegistrationStep.Contest(
            ":" + offer.port().getAsInt(), holder, false, portInUse(offer))
        : new RegistrationStep.Contest(
            offer.service(),
            holder,
            false,
            new RegistrationStep.Decline(offer, DeclinedReason.IN_USE, served(holder)));
  }

  /** Returns the refusal of a port that another session has. */
  static RegistrationStep.Decline portInUse(Offer offer) {
    return new RegistrationStep.Decline(offer, DeclinedReason.IN_USE, PortListener.IN_USE);
  }

  /** Returns whether two sessions are of one client, or both of none. */
  static boolean isOfOneClient(Session one, Session other) {
    return one.client().map(ProvenClient::name).equals(other.client().map(ProvenClient::name));
  }

  private String served(Session holder) {
    // A client does not receive the names of another one's origin proxies.
    Optional<String> name =
        isOfOneClient(holder, session) ? tables.roster().verifiedName(holder) : Optional.empty();
    String title = name.map(text -> "origin proxy '" + text + "'").orElse("another origin proxy");
    return title
        + (isShared ? " serves it without " + Setting.SHARE : " serves it")
        + "; to share its visitors, give "
        + Setting.SHARE
        + " to both";
  }
}
