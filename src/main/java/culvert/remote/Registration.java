package culvert.remote;

import culvert.config.PortInterval;
import culvert.net.HostPort;
import culvert.net.ServerAddress;
import culvert.protocol.DeclinedReason;
import culvert.session.ClientIdentity;
import culvert.session.Offer;
import culvert.session.ServiceRegistry.Answer;
import culvert.session.Session;
import culvert.setting.Setting;
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
 * the name and all offers at once. It returns a step to be done without the lock, after which it is
 * called again, or enters the session in the tables. Guarded by the lock of {@link Registry}.
 */
final class Registration {

  /** Ports tried at random when any port is requested, as in bore's server. */
  private static final int MAX_TRIES = 150;

  private final Session session;
  private final List<Offer> offers;
  private final boolean isShared;
  private final Consumer<Answer> answer;

  /** Listeners that are bound and not in the table of ports yet. */
  private final Map<Offer, PortListener> bound = new HashMap<>();

  /** Sessions whose probe is not over. */
  private final Set<Session> probing = new HashSet<>();

  /** Sessions that did not answer a probe. */
  private final Set<Session> silent = new HashSet<>();

  private boolean isProbed;
  private int tries;

  Registration(Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer) {
    this.session = session;
    this.offers = List.copyOf(offers);
    this.isShared = isShared;
    this.answer = answer;
  }

  Session session() {
    return session;
  }

  Consumer<Answer> answer() {
    return answer;
  }

  /** Adds a listener, whose port stays reserved. */
  void addListener(Offer offer, PortListener listener) {
    bound.put(offer, listener);
  }

  /**
   * Ends the reservations. The caller closes the listeners that are returned, then frees their
   * ports with {@link PortTable#free}: a port whose listener is still open cannot be bound again.
   */
  List<PortListener> giveUp(RegistryTables tables) {
    var unused = List.copyOf(bound.values());
    unused.forEach(listener -> tables.ports().beginClosing(listener));
    bound.clear();
    return unused;
  }

  /** Records which sessions are probed. The next check is the last one: it declines a contest. */
  void beginProbes(List<RegistrationStep.Contest> contests) {
    isProbed = true;
    contests.forEach(contest -> probing.add(contest.holder()));
  }

  /** Records the result of a probe; returns whether it was the last one. */
  boolean recordProbe(Session holder, boolean isAlive) {
    if (!isAlive) {
      silent.add(holder);
    }
    return probing.remove(holder) && probing.isEmpty();
  }

  /**
   * Uses the results of the probes of an earlier registration of the session. If the holder of the
   * name has answered, the next check is the last one.
   */
  void useProbes(Registration earlier, RegistryTables tables) {
    silent.addAll(earlier.silent);
    isProbed = !silent.containsAll(tables.roster().namesakes(session));
  }

  /**
   * Checks the offers and enters the session if it can serve all of them.
   *
   * @param retry runs without the lock after {@link RegistrationStep.Wait}
   */
  RegistrationStep next(RegistryTables tables, Runnable retry) {
    if (!tables.roster().isActive(session)) {
      return new RegistrationStep.Decline(
          offers.getFirst(), DeclinedReason.IN_USE, RegistryTables.OVER);
    }
    int ports = (int) offers.stream().filter(offer -> offer.port().isPresent()).count();
    Optional<String> full = tables.roster().full(session);
    if (full.isPresent()) {
      return new RegistrationStep.Decline(offers.getFirst(), DeclinedReason.IN_USE, full.get());
    }
    for (Offer offer : offers) {
      if (offer.port().isPresent() && tables.ports().isClosed()) {
        return new RegistrationStep.Decline(offer, DeclinedReason.IN_USE, RegistryTables.STOPPING);
      }
      Optional<String> rule =
          tables.clients().refusal(session, offer.service(), requestedPort(offer));
      if (rule.isPresent()) {
        tables.refused().add(session, offer.service(), offer.port());
        return new RegistrationStep.Decline(offer, DeclinedReason.NOT_PERMITTED, rule.get());
      }
      Optional<String> refusal = tables.refusal(session, offer, ports);
      if (refusal.isPresent()) {
        return new RegistrationStep.Decline(offer, DeclinedReason.SETTINGS, refusal.get());
      }
    }
    var contests = new Contests(tables, session, isShared, silent).of(offers);
    Optional<RegistrationStep.Contest> ofOther =
        contests.stream().filter(one -> !Contests.isOfOneClient(one.holder(), session)).findFirst();
    if (ofOther.isPresent()) {
      // A session of another client would be lost with all that it serves.
      return ofOther.get().decline();
    }
    if (!contests.isEmpty()) {
      return isProbed ? contests.getFirst().decline() : new RegistrationStep.Probe(contests);
    }
    Optional<Offer> unbound =
        offers.stream().filter(offer -> isUnbound(offer, tables.ports())).findFirst();
    return unbound.isPresent() ? reserve(unbound.get(), tables, retry) : enter(tables);
  }

  /** Returns the port of an offer: the bound one instead of any. */
  private OptionalInt requestedPort(Offer offer) {
    return bound.containsKey(offer)
        ? OptionalInt.of(bound.get(offer).address().port())
        : offer.port();
  }

  /** Returns whether a listener must be bound, because none is taken over from another session. */
  private boolean isUnbound(Offer offer, PortTable ports) {
    return offer.port().isPresent()
        && !bound.containsKey(offer)
        && ports.get(offer.port().getAsInt()).isEmpty();
  }

  private RegistrationStep reserve(Offer offer, RegistryTables tables, Runnable retry) {
    PortTable ports = tables.ports();
    int port = offer.port().getAsInt();
    if (port > 0) {
      if (ports.isClosing(port)) {
        return ports.tryAfterClosing(port, retry)
            ? new RegistrationStep.Wait()
            : Contests.portInUse(offer);
      }
      return ports.reserve(port)
          ? new RegistrationStep.Bind(offer, port)
          : Contests.portInUse(offer);
    }
    List<PortInterval> permitted = tables.clients().ports(session, ports.range().orElseThrow());
    if (permitted.isEmpty()) {
      return new RegistrationStep.Decline(
          offer,
          DeclinedReason.SETTINGS,
          "none of the client's ports is in the " + Setting.PORT_RANGE + " of the remote proxy");
    }
    while (tries++ < MAX_TRIES) {
      OptionalInt any = ports.reserveAny(permitted);
      if (any.isPresent()) {
        return new RegistrationStep.Bind(offer, any.getAsInt());
      }
    }
    return new RegistrationStep.Decline(
        offer, DeclinedReason.IN_USE, "failed to find an available port");
  }

  /** Enters the session in the tables, in place of those that it replaces. */
  private RegistrationStep enter(RegistryTables tables) {
    List<Session> namesakes = tables.roster().namesakes(session);
    var others = new LinkedHashSet<Session>();
    offers.forEach(offer -> others.addAll(tables.holders(session, offer, isShared)));
    namesakes.forEach(others::remove);
    // The names are listed first: this session takes over some of the ports.
    Map<Session, List<String>> served = new HashMap<>();
    namesakes.forEach(old -> served.put(old, tables.served(old)));
    others.forEach(old -> served.put(old, tables.served(old)));
    tables.roster().enter(session, silent);
    others.forEach(old -> tables.roster().replace(old, session));
    List<PortTable.Held> ports = enterPorts(tables.ports());
    var superseded = namesakes.stream().map(old -> lost(old, served, tables)).toList();
    var replaced = others.stream().map(old -> lost(old, served, tables)).toList();
    Map<String, List<String>> added = enterServices(tables);
    return new RegistrationStep.Serve(addresses(tables, ports), added, ports, superseded, replaced);
  }

  private static RegistryTables.Withdrawal lost(
      Session old, Map<Session, List<String>> served, RegistryTables tables) {
    return new RegistryTables.Withdrawal(old, served.get(old), tables.withdrawAll(old).ports());
  }

  private List<PortTable.Held> enterPorts(PortTable ports) {
    var entered = new ArrayList<PortTable.Held>();
    for (Offer offer : offers) {
      if (offer.port().isPresent()) {
        PortListener listener = bound.get(offer);
        if (listener == null) {
          listener = ports.get(offer.port().getAsInt()).orElseThrow().listener();
        }
        entered.add(new PortTable.Held(session, offer, listener));
        ports.assign(entered.getLast());
      }
    }
    bound.clear();
    return entered;
  }

  private Map<String, List<String>> enterServices(RegistryTables tables) {
    var added = new LinkedHashMap<String, List<String>>();
    tables.services().setShared(session, isShared);
    offers.forEach(offer -> tables.refused().remove(session, offer.service()));
    for (Offer offer : offers) {
      if (offer.port().isEmpty() && tables.services().add(session, offer.service())) {
        added.put(
            offer.service(),
            tables.sharers(session, offer.service()).stream().map(ClientIdentity::title).toList());
      }
    }
    return added;
  }

  private Map<Offer, List<String>> addresses(RegistryTables tables, List<PortTable.Held> ports) {
    var addresses = new LinkedHashMap<Offer, List<String>>();
    offers.stream()
        .filter(offer -> offer.port().isEmpty())
        .forEach(offer ->
            addresses.put(offer, texts(tables.services().address(offer.service()).address())));
    ports.forEach(
        port -> addresses.put(port.offer(), List.of(port.listener().address().toString())));
    return addresses;
  }

  /** No protocol has a form for a Unix socket, at which only this host can be reached. */
  private static List<String> texts(ServerAddress address) {
    return address instanceof HostPort ? List.of(address.toString()) : List.of();
  }
}
