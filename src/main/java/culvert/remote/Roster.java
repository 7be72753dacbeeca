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
 * The sessions that have logged in, and their names. Guarded by the lock of {@link Registry}. Where
 * a secret confirms every login, a login under a name replaces the session that had it, and the
 * process of that session is not admitted again under the name. Without a secret, only the same
 * process takes its name back: no other process has its instance id.
 */
final class Roster {

  /** Processes that lost their name and are remembered; the oldest is forgotten first. */
  private static final int MAX_SUPERSEDED = 4096;

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
   * @param replaced the sessions that have lost their name to it; the caller ends them
   */
  record Admission(Optional<Refusal> refusal, List<Session> replaced) {}

  private final int maxSessions;
  private final boolean confirmed;
  private final Set<Session> sessions = new HashSet<>();
  private final Set<Session> draining = new HashSet<>();
  private final Map<String, Set<Session>> byName = new HashMap<>();
  private final LinkedHashSet<ClientIdentity> superseded = new LinkedHashSet<>();

  /**
   * Creates a roster without sessions.
   *
   * @param confirmed whether every session has proven a secret at login
   */
  Roster(int maxSessions, boolean confirmed) {
    this.maxSessions = maxSessions;
    this.confirmed = confirmed;
  }

  /** Admits a session and removes those that it replaces, or returns why it is refused. */
  Admission admit(Session session) {
    Optional<ClientIdentity> identity = session.identity();
    if (identity.filter(superseded::contains).isPresent()) {
      return refused(ByeReason.SUPERSEDED, taken(identity.get()));
    }
    List<Session> replaced = identity.map(this::replacedBy).orElse(List.of());
    if (sessions.size() - replaced.size() >= maxSessions) {
      return refused(ByeReason.BUSY, "all " + maxSessions + " sessions are in use");
    }
    for (Session old : replaced) {
      drop(old);
      supersede(old, identity);
    }
    sessions.add(session);
    identity.ifPresent(
        is -> byName.computeIfAbsent(is.name(), name -> new HashSet<>()).add(session));
    return new Admission(Optional.empty(), replaced);
  }

  private static Admission refused(ByeReason reason, String why) {
    return new Admission(Optional.of(new Refusal(reason, why)), List.of());
  }

  private List<Session> replacedBy(ClientIdentity newcomer) {
    return byName.getOrDefault(newcomer.name(), Set.of()).stream()
        .filter(old -> confirmed || old.identity().equals(Optional.of(newcomer)))
        .toList();
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
        + identity.name()
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

  private static Optional<String> name(Session session) {
    return session.identity().map(ClientIdentity::name);
  }

  /** Frees the name of a session that drains; returns false if it drained or was removed before. */
  boolean release(Session session) {
    dropName(session);
    return sessions.contains(session) && draining.add(session);
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    drop(session);
  }

  private void drop(Session session) {
    sessions.remove(session);
    draining.remove(session);
    dropName(session);
  }

  private void dropName(Session session) {
    session
        .identity()
        .ifPresent(identity ->
            byName.computeIfPresent(
                identity.name(),
                (name, same) -> {
                  same.remove(session);
                  return same.isEmpty() ? null : same;
                }));
  }

  /** Returns whether the session was admitted and neither evicted, removed nor draining. */
  boolean isActive(Session session) {
    return sessions.contains(session) && !draining.contains(session);
  }
}
