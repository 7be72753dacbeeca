package culvert.remote;

import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ServiceType;
import culvert.config.ShortList;
import culvert.protocol.ByeReason;
import culvert.session.ClientIdentity;
import culvert.session.Offer;
import culvert.session.ProvenClient;
import culvert.session.Session;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sessions with their names, the services, the ports and the listeners of a remote proxy.
 * Guarded by the lock of {@link Registry}, except that visitors read the sessions of a service
 * without it.
 */
record RegistryTables(
    Roster roster,
    ServiceTable services,
    PortTable ports,
    ListenerTable listeners,
    ClientTable clients,
    RefusedOffers refused) {

  /** Ports of one session, which may have several services. */
  private static final int MAX_PORTS = 256;

  private static final String NO_UDP =
      "the origin proxy does not support UDP services; update it to the version of this side";

  /** The refusal of a session that may serve nothing any more. */
  static final String OVER = "the session is over or draining";

  /**
   * The refusal of every port once the listeners are closed; temporary, unlike one for settings.
   */
  static final String STOPPING = "the remote proxy is stopping";

  /**
   * Services that a session has served until now.
   *
   * @param names the services, and the ports as {@code NAME:PORT}
   * @param ports the ports whose listeners must be closed
   */
  record Withdrawal(Session session, List<String> names, List<PortTable.Held> ports) {}

  /** Creates tables without listeners and clients. */
  RegistryTables(Roster roster, ServiceTable services, PortTable ports) {
    this(roster, services, ports, new ListenerTable(), new ClientTable(), new RefusedOffers());
  }

  /**
   * The effects of changed secrets and clients on the sessions.
   *
   * @param ended sessions of clients whose login is not valid any more, with the reasons; they are
   *     removed
   * @param revoked services that were withdrawn from other sessions of clients
   * @param permitted services that other sessions may offer now
   * @param kept sessions of no client whose login is not valid any more; they stay
   */
  record Revocations(
      Map<Withdrawal, String> ended,
      List<Revoked> revoked,
      Map<Session, List<String>> permitted,
      List<Session> kept) {}

  /**
   * A service that its client may not offer any more.
   *
   * @param service the name of the service
   * @param why for users
   * @param lost the service and its ports
   */
  record Revoked(String service, String why, Withdrawal lost) {}

  /**
   * Replaces the secrets and the clients. A session of a client keeps only what that may still
   * offer; it is removed if the client was removed or has another secret.
   */
  Revocations setClients(RemoteSettings changed) {
    Set<String> affected = clients.set(changed);
    Map<Withdrawal, String> ended = new LinkedHashMap<>();
    var revoked = new ArrayList<Revoked>();
    Map<Session, List<String>> permitted = new LinkedHashMap<>();
    var kept = new ArrayList<Session>();
    for (Session session : roster.sessions()) {
      Optional<String> client = session.client().map(ProvenClient::name);
      if (client.isEmpty()) {
        clients.refusalOfLogin(session).ifPresent(why -> kept.add(session));
      } else if (affected.contains(client.get())) {
        Optional<String> why = clients.refusalOfLogin(session);
        if (why.isPresent()) {
          roster.remove(session);
          ended.put(withdrawAll(session), why.get());
        } else {
          revoked.addAll(revoke(session));
          permitted.put(session, refused.removePermitted(session, clients));
        }
      }
    }
    return new Revocations(ended, revoked, permitted, kept);
  }

  /**
   * A service may have several ports; it is withdrawn with all of them. The session keeps its place
   * also without services: its visitors stay, and it offers the services again.
   */
  private List<Revoked> revoke(Session session) {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (String service : services.servedBy(session)) {
      revokeIfRefused(session, service, OptionalInt.empty(), OptionalInt.empty(), reasons);
    }
    for (PortTable.Held port : ports.heldBy(session)) {
      Offer offer = port.offer();
      revokeIfRefused(session, offer.service(), OptionalInt.of(port.port()), offer.port(), reasons);
    }
    return reasons.entrySet().stream()
        .map(one -> new Revoked(one.getKey(), one.getValue(), take(session, one.getKey())))
        .toList();
  }

  private void revokeIfRefused(
      Session session,
      String service,
      OptionalInt port,
      OptionalInt requested,
      Map<String, String> reasons) {
    Optional<String> why = clients.refusal(session, service, port);
    if (why.isPresent()) {
      reasons.putIfAbsent(service, why.get());
      refused.add(session, service, requested);
    }
  }

  /**
   * Adds a listener, which replaces the one of its key. A service is open from then on. Returns
   * false if the listeners of this kind were closed; nothing has changed then.
   */
  boolean open(ListenerTable.Open one) {
    boolean isOpen = listeners.put(one);
    if (isOpen && one.spec().key().kind() == ListenerSpec.Kind.SERVICE) {
      services.openService(one.spec().serviceAt(one.listener().address()));
    }
    return isOpen;
  }

  /** Removes a listener; a service is closed from then on. The caller closes the listener. */
  void close(ListenerSpec.Key key) {
    listeners.remove(key);
    if (key.kind() == ListenerSpec.Kind.SERVICE) {
      services.closeService(key.service());
    }
  }

  /** Admits a session, or returns why it is refused. Its client may have changed meanwhile. */
  Roster.Admission admit(Session session) {
    return clients
        .refusalOfLogin(session)
        .map(why -> Roster.refused(ByeReason.CREDENTIALS, why))
        .orElseGet(() -> roster.admit(session));
  }

  private boolean hasServices(Session session) {
    return services.isServing(session) || !ports.heldBy(session).isEmpty();
  }

  /**
   * Returns why the session cannot serve the offer, whatever other sessions serve.
   *
   * @param requested the number of ports that it requests at once
   */
  Optional<String> refusal(Session session, Offer offer, int requested) {
    if (offer.port().isPresent() && offer.type() == ServiceType.UDP) {
      return Optional.of(
          "ports on request are for TCP services only; give the remote proxy "
              + Setting.OUTSIDE_ADDR
              + " "
              + ServiceType.UDP.prefix()
              + "HOST:PORT");
    }
    return offer.port().isPresent()
        ? refusal(offer.port().getAsInt(), ports.heldBy(session).size() + requested)
        : refusalOfService(session, offer).or(() -> refusalOfUdp(session, offer));
  }

  private static Optional<String> refusalOfUdp(Session session, Offer offer) {
    boolean isSupported =
        offer.type() == ServiceType.TCP || session.datagrams(offer.service()).isPresent();
    return isSupported ? Optional.empty() : Optional.of(NO_UDP);
  }

  private Optional<String> refusalOfService(Session session, Offer offer) {
    String service = offer.service();
    if (services.isOfferable(service)) {
      ServiceType here = services.address(service).type();
      return Optional.of(mismatch(service, here, offer.type()))
          .filter(text -> offer.type() != here);
    }
    if (services.names().isEmpty()) {
      return Optional.of(
          "the remote proxy has no services of its own (no "
              + Setting.OUTSIDE_ADDR
              + "); ask for a port of its "
              + Setting.PORT_RANGE
              + " with "
              + Setting.OUTSIDE_PORT);
    }
    // A client does not receive the names of the services of others.
    List<String> permitted =
        services.names().stream()
            .filter(name -> clients.refusal(session, name, OptionalInt.empty()).isEmpty())
            .toList();
    return Optional.of(
        "the remote proxy has no service '"
            + service
            + "'"
            + (permitted.isEmpty() ? "" : "; it has [" + ShortList.of(permitted) + "]"));
  }

  private static String mismatch(String service, ServiceType here, ServiceType offered) {
    return "service '"
        + service
        + "' is of type "
        + here
        + " at the remote proxy, and the origin proxy offers it as "
        + offered
        + "; an address of type UDP begins with "
        + ServiceType.UDP.prefix()
        + " in "
        + Setting.OUTSIDE_ADDR
        + " and in "
        + Setting.ORIGIN_SERVER_ADDR;
  }

  private Optional<String> refusal(int port, int count) {
    Optional<PortRange> range = ports.range();
    if (range.isEmpty()) {
      return Optional.of("this remote proxy gives no ports; it needs a " + Setting.PORT_RANGE);
    }
    if (count > MAX_PORTS) {
      return Optional.of("a session has at most " + MAX_PORTS + " ports");
    }
    return port == 0 || range.get().contains(port)
        ? Optional.empty()
        : Optional.of(
            "client port number not in allowed range ("
                + range.get().min()
                + "-"
                + range.get().max()
                + ")");
  }

  /** Returns the other sessions that keep a session from serving the offer. */
  List<Session> holders(Session newcomer, Offer offer, boolean isShared) {
    return offer.port().isPresent()
        ? ports.get(offer.port().getAsInt()).map(PortTable.Held::session).stream()
            .filter(holder -> holder != newcomer)
            .toList()
        : services.holders(newcomer, offer.service(), isShared);
  }

  /** Returns the origin proxies of the other sessions that serve a service. */
  List<ClientIdentity> sharers(Session session, String service) {
    return services.others(session, service).stream()
        .flatMap(other -> other.identity().stream())
        .toList();
  }

  /** Returns the services of the session, and its ports as {@code NAME:PORT}. */
  List<String> served(Session session) {
    return Stream.concat(
            services.servedBy(session).stream(),
            ports.heldBy(session).stream().map(PortTable.Held::label))
        .toList();
  }

  /** Takes a service with its ports from the session, at the request of its peer. */
  Withdrawal withdraw(Session session, String service) {
    Withdrawal lost = take(session, service);
    refused.remove(session, service);
    if (!hasServices(session)) {
      roster.servesNothing(session);
    }
    return lost;
  }

  private Withdrawal take(Session session, String service) {
    List<PortTable.Held> released =
        ports.release(one -> one.session() == session && one.offer().service().equals(service));
    var names = new ArrayList<>(released.stream().map(PortTable.Held::label).toList());
    if (services.withdraw(session, service)) {
      names.add(service);
    }
    return new Withdrawal(session, names, released);
  }

  /** Takes all services and ports from the session. */
  Withdrawal withdrawAll(Session session) {
    List<String> names = served(session);
    services.withdrawAll(session);
    roster.servesNothing(session);
    return new Withdrawal(session, names, ports.release(one -> one.session() == session));
  }
}
