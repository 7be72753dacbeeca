package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.protocol.ByeReason;
import culvert.session.ClientIdentity;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Sessions come, offer what they serve, and go: the roster of who they are and the table of what
 * they serve, kept in step, with a log line for each change, within bounds for each source.
 */
final class Membership implements ServiceRegistry {

  /** How long the owner of a service has to show that it lives. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);

  /** Log lines of each kind about one source in a period: enough for many behind one address. */
  private static final int LINES = 100;

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";

  /** What tells log lines apart that are counted for themselves. */
  private record Topic(String event, SourcePrefix source) {}

  private final Roster roster;
  private final ServiceTable table;
  private final Ports ports;
  private final LimitedLog<Topic> lines;

  /**
   * Services and ports whose owner is being asked: one question at a time, however many want to
   * know.
   */
  private final Set<String> asking = ConcurrentHashMap.newKeySet();

  /** What runs when a session's services change. */
  private final Map<Session, Runnable> changes = new ConcurrentHashMap<>();

  private final Counters counters;

  /**
   * Nobody yet.
   *
   * @param maxSessions how many sessions may be there
   * @param confirmed whether everybody who logs in has proved to know a secret
   * @param services where visitors of each service come in
   * @param ports those that sessions may ask for
   */
  Membership(
      int maxSessions,
      boolean confirmed,
      Map<String, HostPort> services,
      Ports ports,
      Duration logPeriod,
      Counters counters,
      Log log) {
    this.roster = new Roster(maxSessions, confirmed, this::evict);
    this.table = new ServiceTable(services, roster, confirmed);
    this.ports = ports;
    this.lines = new LimitedLog<>(log, counters, LINES, logPeriod);
    this.counters = counters;
  }

  ServiceTable table() {
    return table;
  }

  /** Whether the session serves anything. */
  boolean serves(Session session) {
    return table.serves(session) || ports.has(session);
  }

  /** Tells something of a session in the log, within the bounds of its source. */
  void tell(Session session, String event, Object... more) {
    lines.info(topic(session, event), about(session, event, more));
  }

  /** The same for what somebody should look at. */
  void warn(Session session, String event, Object... more) {
    lines.warn(topic(session, event), about(session, event, more));
  }

  private static Topic topic(Session session, String event) {
    return new Topic(event, SourcePrefix.of(session.peer().getAddress()));
  }

  private static LogEvent about(Session session, String event, Object... more) {
    LogEvent line = event(event).with("origin_proxy", title(session));
    for (int i = 0; i < more.length; i += 2) {
      line.with((String) more[i], more[i + 1]);
    }
    return line;
  }

  private static String title(Session session) {
    String name = session.member().map(ClientIdentity::name).map(text -> text + "@").orElse("");
    return name + HostPort.of(session.peer());
  }

  /**
   * Lets a session in, or tells why not.
   *
   * @param onChange runs when it serves more or less than before; must not block
   */
  Optional<Roster.Refusal> admit(Session session, Runnable onChange) {
    changes.put(session, onChange);
    return roster.admit(session);
  }

  /** The session is over. */
  void leave(Session session) {
    roster.leave(session);
    withdrawAll(session);
    changes.remove(session);
  }

  private void changed(Session session) {
    changes.getOrDefault(session, () -> {}).run();
  }

  private void evict(Session session, ByeReason reason, String why) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    tell(session, "session superseded", "cause", why);
    if (reason == ByeReason.SUPERSEDED) {
      end(session, reason, why);
    } else {
      // Its own process has left it for another: nobody is there to hear a word.
      withdrawAll(session);
      session.abort();
    }
  }

  /** It serves nothing from now on, and is a stranger until it has gone. */
  private void end(Session session, ByeReason reason, String why) {
    withdrawAll(session);
    session.close(reason, why);
    changed(session);
  }

  private void withdrawAll(Session session) {
    Stream.concat(table.withdrawAll(session).stream(), ports.release(session).stream())
        .forEach(service -> tell(session, "service withdrawn", "service", service));
  }

  @Override
  public void withdraw(Session session, String service) {
    var gone = new ArrayList<>(ports.release(session, service));
    if (table.withdraw(session, service)) {
      gone.add(service);
    }
    if (!gone.isEmpty()) {
      gone.forEach(one -> tell(session, "service withdrawn", "service", one));
      changed(session);
    }
  }

  /** One that has visitors keeps its place until it has gone; one that has none is a stranger. */
  @Override
  public void drains(Session session, boolean busy) {
    if (!roster.release(session)) {
      return;
    }
    tell(session, "session drains");
    withdrawAll(session);
    if (!busy) {
      roster.leave(session);
      changed(session);
    }
  }

  @Override
  public void offer(Session session, String service, Consumer<Answer> answer) {
    switch (table.claim(session, service)) {
      case ServiceTable.Claim.Served served -> taken(session, service, served, answer);
      case ServiceTable.Claim.Declined declined ->
          declined(session, service, declined.why(), answer);
      case ServiceTable.Claim.Owned owned -> {
        if (asking.add(service)) {
          Session owner = owned.owner();
          owner.probe(PROBE_LIMIT, alive -> asked(session, service, owner, alive, answer));
        } else {
          declined(session, service, OWNED, answer);
        }
      }
    }
  }

  /** The owner had its time. Meanwhile it may have gone or come back, and the other too. */
  private void asked(
      Session session, String service, Session owner, boolean alive, Consumer<Answer> answer) {
    asking.remove(service);
    if (!alive && table.serves(owner, service) && roster.has(session)) {
      replace(owner, session, "gave no sign of life while another wanted its service");
    }
    switch (table.claim(session, service)) {
      case ServiceTable.Claim.Served served -> taken(session, service, served, answer);
      case ServiceTable.Claim.Declined declined ->
          declined(session, service, declined.why(), answer);
      case ServiceTable.Claim.Owned owned -> declined(session, service, OWNED, answer);
    }
  }

  @Override
  public void offer(Session session, String service, int port, Consumer<Answer> answer) {
    switch (ports.take(session, service, port, () -> roster.has(session))) {
      case Ports.Claim.Taken taken -> taken(session, taken, answer);
      case Ports.Claim.Declined declined ->
          declined(session, service + portName(port), declined.why(), answer);
      case Ports.Claim.Held held -> {
        if (asking.add(portName(port))) {
          Session owner = held.owner();
          owner.probe(PROBE_LIMIT, alive -> asked(session, service, port, owner, alive, answer));
        } else {
          declined(session, service + portName(port), Ports.IN_USE, answer);
        }
      }
    }
  }

  /** No service's name has a colon. */
  private static String portName(int port) {
    return ":" + port;
  }

  private void asked(
      Session session,
      String service,
      int port,
      Session owner,
      boolean alive,
      Consumer<Answer> answer) {
    asking.remove(portName(port));
    if (!alive && ports.has(owner, port) && roster.has(session)) {
      replace(owner, session, "gave no sign of life while another wanted its port");
    }
    switch (ports.take(session, service, port, () -> roster.has(session))) {
      case Ports.Claim.Taken taken -> taken(session, taken, answer);
      case Ports.Claim.Declined declined ->
          declined(session, service + portName(port), declined.why(), answer);
      case Ports.Claim.Held held ->
          declined(session, service + portName(port), Ports.IN_USE, answer);
    }
  }

  /** The session hears of its port before it hears of a visitor there. */
  private void taken(Session session, Ports.Claim.Taken taken, Consumer<Answer> answer) {
    String address = HostPort.of(taken.listener().address()).toString();
    tell(session, "service offered", "service", taken.service(), "address", address);
    changed(session);
    answer.accept(new Answer.Taken(List.of(address)));
    taken.listener().start();
  }

  /** One that gave no sign of life makes room for another. */
  private void replace(Session dead, Session by, String why) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    roster.lost(dead, by);
    end(dead, ByeReason.ERROR, why);
  }

  private void taken(
      Session session, String service, ServiceTable.Claim.Served served, Consumer<Answer> answer) {
    if (served.news()) {
      tell(session, "service offered", "service", service);
      changed(session);
    }
    answer.accept(new Answer.Taken(served.addresses()));
  }

  private void declined(Session session, String service, String why, Consumer<Answer> answer) {
    counters.count(Counter.OFFERS_DECLINED);
    warn(session, "offer declined", "service", service, "cause", why);
    answer.accept(new Answer.Declined(why));
  }
}
