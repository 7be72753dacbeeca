package culvert.remote;

import culvert.session.Offer;
import culvert.session.ServiceRegistry.Answer;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A session's request to serve some services, from the offers to the answer. {@link #next} checks
 * all offers at once. It returns a step to be done without the lock, after which it is called
 * again, or enters the session in the tables. Guarded by the lock of {@link Registry}.
 */
final class Registration {

  /** Ports tried at random when any port is requested, as in bore's server. */
  private static final int MAX_TRIES = 150;

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";

  /** The result of a check. */
  sealed interface Step {
    /** The session has the services. */
    record Serve(Entry entry) implements Step {}

    /** The session serves none of the services. */
    record Decline(Offer offer, String why) implements Step {}

    /** Other sessions have some of the services or ports and must be probed. */
    record Probe(List<Contest> contests) implements Step {}

    /** The port is reserved, and its listener must be bound. */
    record Bind(Offer offer, int port) implements Step {}

    /** The port is being closed; the given action runs then. */
    record Wait() implements Step {}
  }

  /** An offer of a service or port that another session has. */
  record Contest(Offer offer, Session holder) {
    /** Returns the service, or the port after a colon: no service's name has one. */
    String key() {
      return offer.port().isPresent() ? ":" + offer.port().getAsInt() : offer.service();
    }
  }

  /**
   * The changes that a registration has made in the tables.
   *
   * @param addresses the public addresses of each service
   * @param services the services that the session did not serve before
   * @param ports its new ports, whose visitors it does not get before the answer
   * @param replaced the sessions that it replaces
   */
  record Entry(
      Map<Offer, List<String>> addresses,
      List<String> services,
      List<PortTable.Held> ports,
      List<RegistryTables.Withdrawal> replaced) {}

  private final Session session;
  private final List<Offer> offers;
  private final Consumer<Answer> answer;

  /** Listeners that are bound and not in the table of ports yet. */
  private final Map<Offer, PortListener> bound = new HashMap<>();

  /** Sessions that did not answer a probe. */
  private final Set<Session> unresponsive = new HashSet<>();

  /** Sessions whose probe is not over. */
  private final Set<Session> probing = new HashSet<>();

  private boolean isProbed;
  private int tries;

  Registration(Session session, List<Offer> offers, Consumer<Answer> answer) {
    this.session = session;
    this.offers = List.copyOf(offers);
    this.answer = answer;
  }

  Session session() {
    return session;
  }

  Consumer<Answer> answer() {
    return answer;
  }

  /** Adds a listener, whose port stays reserved; returns null. */
  Void addListener(Offer offer, PortListener listener) {
    bound.put(offer, listener);
    return null;
  }

  /** Ends the reservations; the caller closes the listeners that are returned. */
  List<PortListener> giveUp(RegistryTables tables) {
    var unused = List.copyOf(bound.values());
    unused.forEach(listener -> tables.ports().unreserve(listener.address().port()));
    bound.clear();
    return unused;
  }

  /** Records which sessions are probed. The next check is the last one: it declines a contest. */
  void beginProbes(List<Contest> contests) {
    isProbed = true;
    contests.forEach(contest -> probing.add(contest.holder()));
  }

  /** Records the result of a probe; returns whether it was the last one. */
  boolean recordProbe(Session holder, boolean isAlive) {
    if (!isAlive) {
      unresponsive.add(holder);
    }
    return probing.remove(holder) && probing.isEmpty();
  }

  /**
   * Checks the offers and enters the session if it can serve all of them.
   *
   * @param retry runs without the lock after {@link Step.Wait}
   */
  Step next(RegistryTables tables, Runnable retry) {
    if (!tables.roster().isActive(session)) {
      return new Step.Decline(offers.getFirst(), RegistryTables.OVER);
    }
    for (Offer offer : offers) {
      Optional<String> refusal = tables.refusal(session, offer);
      if (refusal.isPresent()) {
        return new Step.Decline(offer, refusal.get());
      }
    }
    List<Contest> contests = contests(tables);
    if (!contests.isEmpty()) {
      return isProbed ? inUse(contests.getFirst().offer()) : new Step.Probe(contests);
    }
    Optional<Offer> unbound =
        offers.stream().filter(offer -> isUnbound(offer, tables.ports())).findFirst();
    return unbound.isPresent()
        ? reserve(unbound.get(), tables.ports(), retry)
        : new Step.Serve(enter(tables));
  }

  /** Returns the refusal of an offer whose holder is alive. */
  static Step.Decline inUse(Offer offer) {
    return new Step.Decline(offer, offer.port().isPresent() ? PortListener.IN_USE : OWNED);
  }

  private List<Contest> contests(RegistryTables tables) {
    var contests = new ArrayList<Contest>();
    for (Offer offer : offers) {
      tables
          .holder(session, offer)
          .filter(holder -> !unresponsive.contains(holder))
          .ifPresent(holder -> contests.add(new Contest(offer, holder)));
    }
    return contests;
  }

  /** Returns whether a listener must be bound, because none is taken over from another session. */
  private boolean isUnbound(Offer offer, PortTable ports) {
    return offer.port().isPresent()
        && !bound.containsKey(offer)
        && ports.get(offer.port().getAsInt()).isEmpty();
  }

  private Step reserve(Offer offer, PortTable ports, Runnable retry) {
    int port = offer.port().getAsInt();
    if (port > 0) {
      if (ports.afterClosing(port, retry)) {
        return new Step.Wait();
      }
      return ports.reserve(port) ? new Step.Bind(offer, port) : inUse(offer);
    }
    while (tries++ < MAX_TRIES) {
      OptionalInt any = ports.reserveAny();
      if (any.isPresent()) {
        return new Step.Bind(offer, any.getAsInt());
      }
    }
    return new Step.Decline(offer, "failed to find an available port");
  }

  /** Enters the session in the tables, in place of sessions that did not answer. */
  private Entry enter(RegistryTables tables) {
    var silent = new LinkedHashSet<Session>();
    offers.forEach(offer -> tables.holder(session, offer).ifPresent(silent::add));
    var lost = new LinkedHashMap<Session, List<String>>();
    silent.forEach(old -> lost.put(old, tables.served(old)));
    var addresses = new LinkedHashMap<Offer, List<String>>();
    var services = new ArrayList<String>();
    var ports = new ArrayList<PortTable.Held>();
    for (Offer offer : offers) {
      if (offer.port().isPresent()) {
        PortTable.Held port = enterPort(offer, tables.ports());
        ports.add(port);
        addresses.put(offer, List.of(port.listener().address().toString()));
      } else {
        if (tables.services().add(session, offer.service())) {
          services.add(offer.service());
        }
        addresses.put(offer, List.of(tables.services().address(offer.service()).toString()));
      }
    }
    bound.clear();
    var replaced = new ArrayList<RegistryTables.Withdrawal>();
    lost.forEach((old, names) -> replaced.add(replace(old, names, tables)));
    return new Entry(addresses, services, ports, replaced);
  }

  private PortTable.Held enterPort(Offer offer, PortTable ports) {
    PortListener listener = bound.get(offer);
    if (listener == null) {
      listener = ports.get(offer.port().getAsInt()).orElseThrow().listener();
    }
    var port = new PortTable.Held(session, offer, listener);
    ports.assign(port);
    return port;
  }

  /** Removes a session, of whose ports this one has some already. */
  private RegistryTables.Withdrawal replace(
      Session silent, List<String> names, RegistryTables tables) {
    tables.roster().replace(silent, session);
    return new RegistryTables.Withdrawal(silent, names, tables.withdrawAll(silent).ports());
  }
}
