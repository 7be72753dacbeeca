package culvert.remote;

import culvert.protocol.ByeReason;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sessions that have logged in, and their names. Where a secret confirms every login, a login
 * under a name replaces the session that had it, and the process of that session is not admitted
 * again under the name. Without a secret, only the same process takes its name back: no other
 * process can know its instance id.
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

  /** Ends a session that has lost its name; must not block. */
  interface Eviction {
    void evict(Session session, ByeReason reason, String why);
  }

  private final int maxSessions;
  private final boolean confirmed;
  private final Eviction eviction;

  /** Guards the collections below; not held while a session is evicted. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<Session> sessions = new HashSet<>();
  private final Set<Session> draining = new HashSet<>();
  private final Map<String, Set<Session>> byName = new HashMap<>();
  private final LinkedHashSet<ClientIdentity> superseded = new LinkedHashSet<>();

  /**
   * Creates a roster without sessions.
   *
   * @param confirmed whether every session has proved at login that it knows a secret
   */
  Roster(int maxSessions, boolean confirmed, Eviction eviction) {
    this.maxSessions = maxSessions;
    this.confirmed = confirmed;
    this.eviction = eviction;
  }

  /** Admits a session and evicts those it replaces, or returns why it is refused. */
  Optional<Refusal> admit(Session session) {
    var replaced = new ArrayList<Session>();
    Optional<ClientIdentity> identity = session.identity();
    lock.lock();
    try {
      if (identity.isPresent()) {
        if (superseded.contains(identity.get())) {
          return Optional.of(new Refusal(ByeReason.SUPERSEDED, taken(identity.get())));
        }
        replaced.addAll(replacedBy(identity.get()));
      }
      if (sessions.size() - replaced.size() >= maxSessions) {
        return Optional.of(
            new Refusal(ByeReason.BUSY, "all " + maxSessions + " sessions are in use"));
      }
      for (Session old : replaced) {
        drop(old);
        supersede(old, identity);
      }
      sessions.add(session);
      identity.ifPresent(
          is -> byName.computeIfAbsent(is.name(), name -> new HashSet<>()).add(session));
    } finally {
      lock.unlock();
    }
    for (Session old : replaced) {
      if (old.identity().equals(identity)) {
        eviction.evict(old, ByeReason.STOPPING, "the same process has logged in again");
      } else {
        eviction.evict(old, ByeReason.SUPERSEDED, taken(old.identity().get()));
      }
    }
    return Optional.empty();
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

  private static String taken(ClientIdentity identity) {
    return "another process has logged in as '"
        + identity.name()
        + "' since; give each process a --name of its own";
  }

  /**
   * Removes a session that did not answer while another offered its services. If both have the same
   * name, the process of the removed session is not admitted again under that name, unless it has
   * logged in again already.
   */
  void replace(Session dead, Session by) {
    lock.lock();
    try {
      drop(dead);
      boolean isBack = sessions.stream().anyMatch(one -> one.identity().equals(dead.identity()));
      if (!isBack && name(dead).equals(name(by))) {
        supersede(dead, by.identity());
      }
    } finally {
      lock.unlock();
    }
  }

  private static Optional<String> name(Session session) {
    return session.identity().map(ClientIdentity::name);
  }

  /** Frees the name of a session that drains; returns false if it drained or was removed before. */
  boolean release(Session session) {
    lock.lock();
    try {
      dropName(session);
      return sessions.contains(session) && draining.add(session);
    } finally {
      lock.unlock();
    }
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    lock.lock();
    try {
      drop(session);
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try {
      return sessions.contains(session) && !draining.contains(session);
    } finally {
      lock.unlock();
    }
  }
}
