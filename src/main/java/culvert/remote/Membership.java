package culvert.remote;

import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.RateLimit;
import culvert.protocol.ByeReason;
import culvert.session.Member;
import culvert.session.Services;
import culvert.session.Session;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Sessions come, offer what they serve, and go: the roster of who they are and the table of what
 * they serve, kept in step, with a log line for each change.
 */
final class Membership implements Roster.Eviction {

  /** How long the owner of a service has to show that it lives. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";

  private final Roster roster;
  private final ServiceTable table;
  private final RateLimit<String> lines;

  /** Services whose owner is being asked: one question at a time, however many want to know. */
  private final Set<String> contested = ConcurrentHashMap.newKeySet();

  private final Counters counters;
  private final Log log;

  /**
   * Nobody yet.
   *
   * @param mostSessions how many sessions may be there
   * @param confirmed whether everybody who logs in has proved to know a secret
   * @param services where visitors of each service come in
   */
  Membership(
      int mostSessions,
      boolean confirmed,
      Map<String, HostPort> services,
      Duration logPeriod,
      Counters counters,
      Log log) {
    this.roster = new Roster(mostSessions, confirmed, this);
    this.table = new ServiceTable(services, roster, confirmed);
    this.lines = new RateLimit<>(logPeriod, System::nanoTime);
    this.counters = counters;
    this.log = log;
  }

  ServiceTable table() {
    return table;
  }

  /** How a session is called in the log. */
  static String title(Session session) {
    return session.member().map(Member::name).map(name -> name + "@").orElse("") + session.peer();
  }

  /** Lets a session in, or tells why not. */
  Optional<Roster.Refusal> admit(Session session) {
    return roster.admit(session);
  }

  /** The session is over. */
  void leave(Session session) {
    roster.leave(session);
    withdrawAll(session);
  }

  @Override
  public void evict(Session session, ByeReason reason, String why) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    log.info("session superseded", "origin_proxy", title(session), "cause", why);
    withdrawAll(session);
    session.close(reason, why);
  }

  private void withdrawAll(Session session) {
    table.withdrawAll(session).forEach(name -> withdrawn(session, name));
  }

  private void withdrawn(Session session, String service) {
    log.info("service withdrawn", "service", service, "origin_proxy", title(session));
  }

  /** What a session sees; {@code serving} hears when it serves, or does no more. */
  Services servicesOf(Consumer<Boolean> serving) {
    return new Services() {
      @Override
      public void offer(Session session, String service, Consumer<Answer> answer) {
        Membership.this.offer(
            session,
            service,
            result -> {
              if (result instanceof Answer.Taken) {
                serving.accept(true);
              }
              answer.accept(result);
            });
      }

      @Override
      public void withdraw(Session session, String service) {
        if (table.withdraw(session, service)) {
          withdrawn(session, service);
          serving.accept(table.serves(session));
        }
      }

      @Override
      public void drains(Session session) {
        roster.release(session);
        withdrawAll(session);
        log.info("session drains", "origin_proxy", title(session));
      }
    };
  }

  private void offer(Session session, String service, Consumer<Services.Answer> answer) {
    switch (table.claim(session, service)) {
      case ServiceTable.Claim.Served served -> taken(session, service, served, answer);
      case ServiceTable.Claim.Declined declined ->
          declined(session, service, declined.why(), answer);
      case ServiceTable.Claim.Owned owned -> {
        Session owner = owned.owner();
        if (contested.add(service)) {
          owner.probe(PROBE_LIMIT, alive -> contested(session, service, owner, alive, answer));
        } else {
          declined(session, service, OWNED, answer);
        }
      }
    }
  }

  private void contested(
      Session session,
      String service,
      Session owner,
      boolean alive,
      Consumer<Services.Answer> answer) {
    contested.remove(service);
    if (!alive) {
      counters.count(Counter.SESSIONS_SUPERSEDED);
      roster.lost(owner, session);
      withdrawAll(owner);
      owner.close(ByeReason.ERROR, "gave no sign of life while another wanted its service");
    }
    // Whoever was first while the owner was being asked has it.
    if (table.claim(session, service) instanceof ServiceTable.Claim.Served served) {
      taken(session, service, served, answer);
    } else {
      declined(session, service, OWNED, answer);
    }
  }

  private void taken(
      Session session,
      String service,
      ServiceTable.Claim.Served served,
      Consumer<Services.Answer> answer) {
    log.info("service offered", "service", service, "origin_proxy", title(session));
    answer.accept(new Services.Answer.Taken(served.addresses()));
  }

  private void declined(
      Session session, String service, String why, Consumer<Services.Answer> answer) {
    counters.count(Counter.OFFERS_DECLINED);
    if (lines.allows(session.peer().host())) {
      log.warn("offer declined", "origin_proxy", title(session), "service", service, "cause", why);
    } else {
      counters.count(Counter.LOG_LINES_SUPPRESSED);
    }
    answer.accept(new Services.Answer.Declined(why));
  }
}
