package culvert.remote;

import static culvert.remote.SessionLog.about;

import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LogEvent;
import culvert.protocol.ByeReason;
import culvert.session.ServiceRegistry.Answer;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Brings registrations to their answer: does the steps that {@link Registration#next} requests,
 * without the lock of the {@link Registry}.
 */
final class Registrar {

  /** Within which the holder of a service must answer before another session may take it over. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);

  private static final String SILENT = "did not answer while another session offered its service";

  private final Registry registry;
  private final PortListener.Binder binder;
  private final Counters counters;
  private final SessionLog log;

  /**
   * Services and ports whose holder is being probed: one probe at a time, whatever the number of
   * sessions that offer the service. Guarded by the registry's lock.
   */
  private final Set<String> probed = new HashSet<>();

  Registrar(Registry registry, PortListener.Binder binder, Counters counters, SessionLog log) {
    this.registry = registry;
    this.binder = binder;
    this.counters = counters;
    this.log = log;
  }

  /** Does the next steps of a registration, up to the answer or to one that completes later. */
  void proceed(Registration one) {
    while (true) {
      switch (registry.locked(tables -> next(one, tables))) {
        case Registration.Step.Serve(Registration.Entry entry) -> {
          serve(one, entry);
          return;
        }
        case Registration.Step.Decline decline -> {
          decline(one, decline);
          return;
        }
        case Registration.Step.Probe(List<Registration.Contest> contests) -> {
          probe(one, contests);
          return;
        }
        case Registration.Step.Wait() -> {
          return;
        }
        case Registration.Step.Bind bind -> {
          if (!bind(one, bind)) {
            return;
          }
        }
      }
    }
  }

  private Registration.Step next(Registration one, RegistryTables tables) {
    Registration.Step step = one.next(tables, () -> proceed(one));
    if (!(step instanceof Registration.Step.Probe(List<Registration.Contest> contests))) {
      return step;
    }
    for (Registration.Contest contest : contests) {
      if (probed.contains(contest.key())) {
        return Registration.inUse(contest.offer());
      }
    }
    contests.forEach(contest -> probed.add(contest.key()));
    one.beginProbes(contests);
    return step;
  }

  /** Binds a port; returns false if the registration was declined for that. */
  private boolean bind(Registration one, Registration.Step.Bind bind) {
    PortListener listener;
    try {
      listener = binder.bind(bind.port());
    } catch (IOException e) {
      registry.locked(tables -> tables.ports().unreserve(bind.port()));
      boolean isAny = bind.offer().port().getAsInt() == 0;
      if (!isAny) {
        // In use by another program, or not permitted.
        decline(one, new Registration.Step.Decline(bind.offer(), PortListener.refusal(e)));
      }
      return isAny;
    }
    registry.locked(tables -> one.addListener(bind.offer(), listener));
    return true;
  }

  private void probe(Registration one, List<Registration.Contest> contests) {
    contests.stream()
        .map(Registration.Contest::holder)
        .distinct()
        .forEach(
            holder -> holder.probe(PROBE_LIMIT, isAlive -> probed(one, contests, holder, isAlive)));
  }

  /** A holder was probed. Meanwhile any of the sessions may have ended or been replaced. */
  private void probed(
      Registration one, List<Registration.Contest> contests, Session holder, boolean isAlive) {
    boolean isLast =
        registry.locked(tables -> {
          boolean isDone = one.recordProbe(holder, isAlive);
          if (isDone) {
            contests.forEach(contest -> probed.remove(contest.key()));
          }
          return isDone;
        });
    if (isLast) {
      proceed(one);
    }
  }

  /** The peer receives the addresses of its services before a visitor of its ports. */
  private void serve(Registration one, Registration.Entry entry) {
    Session session = one.session();
    entry.services().forEach(name -> logOffered(session, event -> event.with("service", name)));
    for (PortTable.Held port : entry.ports()) {
      logOffered(
          session,
          event -> event.with("service", port.label()).with("address", port.listener().address()));
    }
    if (!entry.services().isEmpty() || !entry.ports().isEmpty()) {
      registry.servicesChanged(session);
    }
    one.answer().accept(new Answer.Served(entry.addresses()));
    entry.ports().forEach(port -> registry.locked(tables -> tables.ports().open(port)));
    entry.replaced().forEach(this::closeSilent);
  }

  private void logOffered(Session session, UnaryOperator<LogEvent> details) {
    log.info(session, details.apply(about(session, "service offered")));
  }

  private void closeSilent(RegistryTables.Withdrawal lost) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    registry.close(lost, ByeReason.ERROR, SILENT);
  }

  private void decline(Registration one, Registration.Step.Decline decline) {
    registry.locked(one::giveUp).forEach(PortListener::close);
    counters.count(Counter.OFFERS_DECLINED);
    log.warn(
        one.session(),
        about(one.session(), "offer declined")
            .with("service", decline.offer())
            .with("cause", decline.why()));
    one.answer().accept(new Answer.Declined(decline.offer(), decline.why()));
  }
}
