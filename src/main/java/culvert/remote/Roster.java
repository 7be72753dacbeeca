package culvert.remote;

import culvert.protocol.ByeReason;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import culvert.setting.Setting;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The sessions that have logged in, and the names of those that serve. Guarded by the lock of
 * {@link Registry}. Where a secret confirms every login, a session replaces an older one of its
 * name, and the process of that session is not admitted again under the name. Without a secret,
 * only the same process takes its name back: no other process has its instance id.
 */
final class Roster {

  /** Processes that lost their name and are remembered; the oldest is forgotten first. */
  private static final int MAX_SUPERSEDED = 4096;

  /** Refusals of a session that are recorded and logged. */
  private static final int MAX_REFUSALS = 256;

  /** Whether a session has received an equal refusal before. */
  enum Repetition {
    FIRST,
    REPEATED,
    /** It has received too many others to record them. */
    UNKNOWN
  }

  /**
   * Why a session is not admitted.
   *
   * @param reason for programs
   * @param why for people
   */
  record Refusal(ByeReason reason, String why) {}

  /**
   * The result of a login.
   *
   * @param refusal why the session is not admitted, if it is not
   * @param abandoned earlier sessions of the same process that have not served; the caller ends
   *     them
   */
  record Admission(Optional<Refusal> refusal, List<Session> abandoned) {}

  private int maxSessions;
  private boolean confirmed;
  private final Set<Session> sessions = new HashSet<>();

  /** Those with services; they and those that drain count towards the maximum. */
  private final Set<Session> serving = new HashSet<>();

  private final Set<Session> draining = new HashSet<>();

  /** The recorded refusals, by their hashes; a session may repeat an offer without a limit. */
  private final Map<Session, Set<Integer>> refusals = new HashMap<>();

  /** Those that have proven a secret at login, which a reload may have added since. */
  private final Set<Session> verified = new HashSet<>();

  private final Map<String, Set<Session>> byName = new HashMap<>();
  private final Takeovers takeovers = new Takeovers();
  private final LinkedHashSet<ClientIdentity> superseded = new LinkedHashSet<>();

  /**
   * Creates a roster without sessions.
   *
   * @param maxSessions maximum number of sessions that serve or drain; others are limited as
   *     unauthenticated connections are, so that clients that serve nothing cannot fill the roster
   * @param confirmed whether every session has proven a secret at login
   */
  Roster(int maxSessions, boolean confirmed) {
    this.maxSessions = maxSessions;
    this.confirmed = confirmed;
  }

  /** Changes the parameters of the constructor for later logins. */
  void apply(int max, boolean isConfirmed) {
    maxSessions = max;
    confirmed = isConfirmed;
  }

  /** Admits a session, or returns why it is refused. It has no name yet. */
  Admission admit(Session session) {
    if (confirmed) {
      verified.add(session);
    }
    if (isSuperseded(session)) {
      return refused(ByeReason.SUPERSEDED, taken(session.identity().orElseThrow()));
    }
    List<Session> abandoned = abandonedBy(session);
    Optional<String> full = full(session);
    if (full.isPresent()) {
      return refused(ByeReason.BUSY, full.get());
    }
    abandoned.forEach(this::drop);
    sessions.add(session);
    return new Admission(Optional.empty(), abandoned);
  }

  /** Returns why the session may not serve, if all others are in use. */
  Optional<String> full(Session session) {
    long replaced = namesakes(session).stream().filter(serving::contains).count();
    long others = serving.size() + draining.size() - replaced;
    return others < maxSessions || serving.contains(session)
        ? Optional.empty()
        : Optional.of("all " + maxSessions + " sessions are in use");
  }

  private boolean isSuperseded(Session session) {
    return session.identity().filter(superseded::contains).isPresent();
  }

  /** A process has one connection at a time. */
  private List<Session> abandonedBy(Session session) {
    return session.identity().isEmpty()
        ? List.of()
        : sessions.stream()
            .filter(old -> old.identity().equals(session.identity()))
            .filter(old -> !draining.contains(old) && !hasName(old))
            .toList();
  }

  private boolean hasName(Session session) {
    return name(session).map(byName::get).filter(all -> all.contains(session)).isPresent();
  }

  /** Returns the result of a login that is refused. */
  static Admission refused(ByeReason reason, String why) {
    return new Admission(Optional.of(new Refusal(reason, why)), List.of());
  }

  /** Returns the other sessions of the session's name that it replaces once it serves. */
  List<Session> namesakes(Session session) {
    return name(session).map(byName::get).stream()
        .flatMap(Set::stream)
        .filter(old -> old != session)
        .filter(old -> verified.contains(session) || isSameProcess(old, session))
        .toList();
  }

  private static boolean isSameProcess(Session one, Session other) {
    return one.identity().equals(other.identity());
  }

  /**
   * Returns whether a session keeps its name against another process, if it answers a probe, since
   * the name was taken over too often. Prolongs this time.
   */
  boolean isNameKept(Session holder, Session newcomer) {
    String name = name(holder).orElseThrow();
    long now = System.nanoTime();
    if (isSameProcess(holder, newcomer) || !takeovers.isExhausted(name, now)) {
      return false;
    }
    takeovers.recordAttempt(name, now);
    return true;
  }

  /** Returns the session's name, if its login has proven that the name is not forged. */
  Optional<String> verifiedName(Session session) {
    return verified.contains(session) ? name(session) : Optional.empty();
  }

  /**
   * Enters a session that serves from now on: gives it its name and removes its {@link #namesakes}.
   *
   * @param silent sessions known to be dead, which lose their name without being counted
   */
  void enter(Session session, Set<Session> silent) {
    for (Session old : namesakes(session)) {
      if (!isSameProcess(old, session) && !silent.contains(old)) {
        takeovers.recordTakeover(name(old).orElseThrow(), System.nanoTime());
      }
      drop(old);
      supersede(old, session.identity());
    }
    serving.add(session);
    name(session)
        .ifPresent(name -> byName.computeIfAbsent(name, none -> new HashSet<>()).add(session));
  }

  /** Another process has the name now; a new login of the same process does not exclude itself. */
  private void supersede(Session old, Optional<ClientIdentity> by) {
    if (old.identity().isPresent() && !old.identity().equals(by)) {
      superseded.add(old.identity().get());
      if (superseded.size() > MAX_SUPERSEDED) {
        superseded.removeFirst();
      }
    }
  }

  /** Returns the text for a process that has lost its name. */
  static String taken(ClientIdentity identity) {
    return "another process has logged in as '"
        + identity.title()
        + "' since; give each process a "
        + Setting.ORIGIN_NAME
        + " of its own";
  }

  /**
   * Removes a session that did not answer while another offered its services. If both have the same
   * name, the process of the removed session is not admitted again under that name, unless it has
   * logged in again already.
   */
  void replace(Session dead, Session by) {
    drop(dead);
    boolean isBack = sessions.stream().anyMatch(one -> one.identity().equals(dead.identity()));
    if (!isBack && name(dead).equals(name(by))) {
      supersede(dead, by.identity());
    }
  }

  /** The names of each client are its own. */
  private static Optional<String> name(Session session) {
    return session.identity().map(ClientIdentity::title);
  }

  /** Returns the sessions that were admitted and not removed, those that drain included. */
  List<Session> sessions() {
    return List.copyOf(sessions);
  }

  /** Records a refusal of an active session; one of any other session is the first. */
  Repetition record(Session session, RegistrationStep.Decline refusal) {
    if (!isActive(session)) {
      return Repetition.FIRST;
    }
    Set<Integer> recorded = refusals.computeIfAbsent(session, none -> new HashSet<>());
    if (recorded.contains(refusal.hashCode())) {
      return Repetition.REPEATED;
    }
    if (recorded.size() == MAX_REFUSALS) {
      return Repetition.UNKNOWN;
    }
    recorded.add(refusal.hashCode());
    return Repetition.FIRST;
  }

  /** Returns whether the session has a place among those that serve. */
  boolean isServing(Session session) {
    return serving.contains(session);
  }

  /** Records that the session has no services any more. */
  void servesNothing(Session session) {
    serving.remove(session);
  }

  /** Frees the name of a session that drains; returns false if it drained or was removed before. */
  boolean release(Session session) {
    dropName(session);
    serving.remove(session);
    return sessions.contains(session) && draining.add(session);
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    drop(session);
  }

  private void drop(Session session) {
    sessions.remove(session);
    serving.remove(session);
    draining.remove(session);
    verified.remove(session);
    refusals.remove(session);
    dropName(session);
  }

  private void dropName(Session session) {
    session
        .identity()
        .ifPresent(identity ->
            byName.computeIfPresent(
                identity.title(),
                (name, same) -> {
                  same.remove(session);
                  return same.isEmpty() ? null : same;
                }));
  }

  /** Returns whether the session was admitted and neither replaced, removed nor draining. */
  boolean isActive(Session session) {
    return sessions.contains(session) && !draining.contains(session) && !isSuperseded(session);
  }
}
