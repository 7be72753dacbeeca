package culvert.remote;

import static culvert.remote.SessionLog.about;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LogEvent;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.ServiceRegistry.Answer;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Carries out registrations up to their answer: performs the steps that {@link Registration#next}
 * requests, without the lock of the {@link Registry}.
 */
final class Registrar {

  /** Time for the holder of a name, service or port to answer before another session takes it. */
  private static final Duration MAX_PROBE_WAIT = Duration.ofSeconds(1);

  /** Registrations of one session that wait for the result of one probe. */
  static final int MAX_WAITING = 256;

  private static final String SILENT =
      "did not answer while another session requested its name, service or port";

  private final Registry registry;
  private final PortListener.Binder binder;
  private final Counters counters;
  private final SessionLog log;

  /**
   * The probes of a registration, and later registrations of the same session that wait for them.
   */
  private record Probing(Registration by, List<Registration> waiting) {

    /**
     * Lets a registration wait that needs the name of the same session: a peer of protocol version
     * 1 offers each service by itself. Returns false if the registration must be declined instead.
     */
    boolean tryWait(Registration later, RegistrationStep.Contest contest) {
      return contest.isOfName()
          && by.session() == later.session()
          && waiting.size() < MAX_WAITING
          && waiting.add(later);
    }
  }

  /**
   * Probes in progress by their names, services and ports: one probe of each at a time, whatever
   * the number of sessions that request it. Guarded by the registry's lock.
   */
  private final Map<String, Probing> probes = new HashMap<>();

  Registrar(Registry registry, PortListener.Binder binder, Counters counters, SessionLog log) {
    this.registry = registry;
    this.binder = binder;
    this.counters = counters;
    this.log = log;
  }

  /** Performs the next steps of a registration, up to the answer or to one that completes later. */
  void proceed(Registration one) {
    while (true) {
      switch (registry.locked(tables -> next(one, tables))) {
        case RegistrationStep.Serve serve -> {
          serve(one, serve);
          return;
        }
        case RegistrationStep.Decline decline -> {
          decline(one, decline);
          return;
        }
        case RegistrationStep.Probe(List<RegistrationStep.Contest> contests) -> {
          probe(one, contests);
          return;
        }
        case RegistrationStep.Wait() -> {
          return;
        }
        case RegistrationStep.Bind bind -> {
          if (!bind(one, bind)) {
            return;
          }
        }
      }
    }
  }

  private RegistrationStep next(Registration one, RegistryTables tables) {
    RegistrationStep step = one.next(tables, () -> proceed(one));
    if (!(step instanceof RegistrationStep.Probe(List<RegistrationStep.Contest> contests))) {
      return step;
    }
    for (RegistrationStep.Contest contest : contests) {
      Probing probing = probes.get(contest.subject());
      if (probing != null) {
        return probing.tryWait(one, contest) ? new RegistrationStep.Wait() : contest.decline();
      }
    }
    var probing = new Probing(one, new ArrayList<>());
    contests.forEach(contest -> probes.put(contest.subject(), probing));
    one.beginProbes(contests);
    return step;
  }

  /** Binds a port; returns false if the registration was declined for that. */
  private boolean bind(Registration one, RegistrationStep.Bind bind) {
    PortListener listener;
    try {
      listener = bindReserved(bind.port());
    } catch (IOException e) {
      boolean isAny = bind.offer().port().getAsInt() == 0;
      if (!isAny) {
        // In use by another program, or not permitted.
        decline(one, refusal(bind.offer(), e));
      }
      return isAny;
    }
    registry.locked(tables -> {
      one.addListener(bind.offer(), listener);
      return null;
    });
    return true;
  }

  /** Binds a reserved port; after any failure it is no longer reserved. */
  private PortListener bindReserved(int port) throws IOException {
    boolean isBound = false;
    try {
      PortListener listener = binder.bind(port);
      isBound = true;
      return listener;
    } finally {
      if (!isBound) {
        registry.locked(tables -> tables.ports().unreserve(port));
      }
    }
  }

  private static RegistrationStep.Decline refusal(Offer offer, IOException e) {
    return new RegistrationStep.Decline(
        offer,
        PortListener.isTemporary(e) ? DeclinedReason.IN_USE : DeclinedReason.SETTINGS,
        PortListener.refusal(e));
  }

  private void probe(Registration one, List<RegistrationStep.Contest> contests) {
    contests.stream()
        .map(RegistrationStep.Contest::holder)
        .distinct()
        .forEach(holder ->
            holder.probe(MAX_PROBE_WAIT, isAlive -> probed(one, contests, holder, isAlive)));
  }

  /** A holder was probed. Meanwhile any of the sessions may have ended or been replaced. */
  private void probed(
      Registration one, List<RegistrationStep.Contest> contests, Session holder, boolean isAlive) {
    List<Registration> decided =
        registry.locked(tables ->
            one.recordProbe(holder, isAlive)
                ? endProbes(one, contests, tables)
                : List.<Registration>of());
    if (!decided.isEmpty()) {
      // A session may answer in the only timer thread, which the next steps would block.
      Threads.start(
          "registration of " + HostPort.of(one.session().peer()),
          () -> decided.forEach(this::proceed));
    }
  }

  /** Returns the registrations that continue after the last probe, in the order of their offers. */
  private List<Registration> endProbes(
      Registration one, List<RegistrationStep.Contest> contests, RegistryTables tables) {
    Probing probing = probes.get(contests.getFirst().subject());
    contests.forEach(contest -> probes.remove(contest.subject()));
    probing.waiting().forEach(later -> later.useProbes(one, tables));
    return Stream.concat(Stream.of(one), probing.waiting().stream()).toList();
  }

  /** The peer receives the addresses of its services before a visitor of its ports. */
  private void serve(Registration one, RegistrationStep.Serve serve) {
    Session session = one.session();
    serve.services().forEach((name, others) -> logOffered(session, name, others));
    for (PortTable.Held port : serve.ports()) {
      log.info(
          session,
          about(session, "service offered")
              .with("service", port.label())
              .with("address", port.listener().address()));
    }
    if (!serve.services().isEmpty() || !serve.ports().isEmpty()) {
      registry.servicesChanged(session);
    }
    one.answer().accept(new Answer.Served(serve.addresses()));
    serve.services().keySet().forEach(service -> registry.closeIfLost(session, service));
    serve.ports().forEach(port -> registry.locked(tables -> tables.ports().open(port)));
    serve.superseded().forEach(lost -> registry.evict(lost, session));
    serve.silent().forEach(this::closeSilent);
    registry.notices().servicesChanged(serve.services().keySet());
  }

  private void logOffered(Session session, String service, List<String> others) {
    LogEvent event = about(session, "service offered").with("service", service);
    log.info(
        session, others.isEmpty() ? event : event.with("shared_with", String.join(",", others)));
  }

  private void closeSilent(RegistryTables.Withdrawal lost) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    registry.close(lost, ByeReason.ERROR, SILENT);
  }

  private void decline(Registration one, RegistrationStep.Decline decline) {
    List<PortListener> unused = registry.locked(one::giveUp);
    unused.forEach(PortListener::close);
    registry.free(unused);
    Roster.Repetition repetition =
        registry.locked(tables -> tables.roster().record(one.session(), decline));
    if (repetition != Roster.Repetition.REPEATED) {
      count(decline.reason());
    }
    if (repetition == Roster.Repetition.FIRST) {
      log.warn(
          one.session(),
          about(one.session(), "offer declined")
              .with("service", decline.offer())
              .with("cause", decline.why()));
    }
    one.answer().accept(new Answer.Declined(decline.offer(), decline.reason(), decline.why()));
  }

  private void count(DeclinedReason reason) {
    counters.count(Counter.OFFERS_DECLINED);
    if (reason == DeclinedReason.NOT_PERMITTED) {
      counters.count(Counter.OFFERS_NOT_PERMITTED);
    }
  }
}
