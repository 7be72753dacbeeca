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
 * Who is logged in. Where a secret has confirmed who logs in, a login under a name takes it from
 * the session that had it, and the process that lost it so is not let in again. Where anybody can
 * log in, only the same process, which alone knows its instance id, takes its name back.
 */
final class Roster {

  /** Processes that lost their name and are remembered; the oldest is forgotten first. */
  private static final int MAX_SUPERSEDED = 4096;

  /**
   * Why somebody is not let in.
   *
   * @param reason for programs
   * @param why for people
   */
  record Refusal(ByeReason reason, String why) {}

  /** Ends a session that has lost its name; must not block. */
  interface Eviction {
    void evict(Session session, ByeReason reason, String why);
  }

  private final int most;
  private final boolean confirmed;
  private final Eviction eviction;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Session> all = new HashSet<>();
  private final Set<Session> draining = new HashSet<>();
  private final Map<String, Set<Session>> byName = new HashMap<>();
  private final LinkedHashSet<ClientIdentity> superseded = new LinkedHashSet<>();

  /**
   * Nobody yet.
   *
   * @param confirmed whether everybody who logs in has proved to know a secret
   */
  Roster(int most, boolean confirmed, Eviction eviction) {
    this.most = most;
    this.confirmed = confirmed;
    this.eviction = eviction;
  }

  /** Lets a session in and evicts those it replaces, or tells why it is not let in. */
  Optional<Refusal> admit(Session session) {
    var replaced = new ArrayList<Session>();
    Optional<ClientIdentity> member = session.member();
    lock.lock();
    try {
      if (member.isPresent()) {
        if (superseded.contains(member.get())) {
          return Optional.of(new Refusal(ByeReason.SUPERSEDED, taken(member.get())));
        }
        replaced.addAll(replacedBy(member.get()));
      }
      if (all.size() - replaced.size() >= most) {
        return Optional.of(new Refusal(ByeReason.BUSY, "all " + most + " sessions are in use"));
      }
      for (Session old : replaced) {
        drop(old);
        supersede(old, member);
      }
      all.add(session);
      member.ifPresent(m -> byName.computeIfAbsent(m.name(), name -> new HashSet<>()).add(session));
    } finally {
      lock.unlock();
    }
    for (Session old : replaced) {
      if (old.member().equals(member)) {
        eviction.evict(old, ByeReason.STOPPING, "the same process has logged in anew");
      } else {
        eviction.evict(old, ByeReason.SUPERSEDED, taken(old.member().get()));
      }
    }
    return Optional.empty();
  }

  private List<Session> replacedBy(ClientIdentity newcomer) {
    return byName.getOrDefault(newcomer.name(), Set.of()).stream()
        .filter(old -> confirmed || old.member().equals(Optional.of(newcomer)))
        .toList();
  }

  /** Somebody else has the name now; the same process does not stand in its own way. */
  private void supersede(Session old, Optional<ClientIdentity> by) {
    if (old.member().isPresent() && !old.member().equals(by)) {
      superseded.add(old.member().get());
      if (superseded.size() > MAX_SUPERSEDED) {
        superseded.removeFirst();
      }
    }
  }

  private static String taken(ClientIdentity member) {
    return "another process has logged in as '"
        + member.name()
        + "' since; give each process a --name of its own";
  }

  /**
   * A session that gave no sign of life has lost its services to another; under the same name it
   * does not come back, unless it is back already.
   */
  void lost(Session dead, Session to) {
    lock.lock();
    try {
      drop(dead);
      boolean back = all.stream().anyMatch(session -> session.member().equals(dead.member()));
      if (!back && name(dead).equals(name(to))) {
        supersede(dead, to.member());
      }
    } finally {
      lock.unlock();
    }
  }

  private static Optional<String> name(Session session) {
    return session.member().map(ClientIdentity::name);
  }

  /** The session finishes what it has; its name is free. Returns whether that is news. */
  boolean release(Session session) {
    lock.lock();
    try {
      dropName(session);
      return all.contains(session) && draining.add(session);
    } finally {
      lock.unlock();
    }
  }

  /** The session is over. */
  void leave(Session session) {
    lock.lock();
    try {
      drop(session);
    } finally {
      lock.unlock();
    }
  }

  private void drop(Session session) {
    all.remove(session);
    draining.remove(session);
    dropName(session);
  }

  private void dropName(Session session) {
    session
        .member()
        .ifPresent(member ->
            byName.computeIfPresent(
                member.name(),
                (name, sessions) -> {
                  sessions.remove(session);
                  return sessions.isEmpty() ? null : sessions;
                }));
  }

  /** Whether the session is in, was not evicted, and is not on its way out. */
  boolean has(Session session) {
    lock.lock();
    try {
      return all.contains(session) && !draining.contains(session);
    } finally {
      lock.unlock();
    }
  }
}
