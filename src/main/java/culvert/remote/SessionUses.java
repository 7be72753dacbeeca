package culvert.remote;

import culvert.session.Session;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/** The number of visitors that each session of a service has. Thread-safe. */
final class SessionUses {

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock; a session without visitors has no entry. */
  private final Map<Session, Integer> counts = new HashMap<>();

  /** The use of a session by one visitor, from before its stream or flow is opened to its end. */
  final class Use {
    private final Session session;
    private final AtomicBoolean isOver = new AtomicBoolean();

    private Use(Session session) {
      this.session = session;
    }

    /** Returns the session. */
    Session session() {
      return session;
    }

    /** Ends the use; has no effect when repeated. */
    void end() {
      if (isOver.compareAndSet(false, true)) {
        add(session, -1);
      }
    }
  }

  /** Counts a visitor of the session. */
  Use begin(Session session) {
    add(session, 1);
    return new Use(session);
  }

  private void add(Session session, int change) {
    lock.lock();
    try {
      int count = counts.getOrDefault(session, 0) + change;
      if (count == 0) {
        counts.remove(session);
      } else {
        counts.put(session, count);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether no session has visitors. */
  boolean isEmpty() {
    lock.lock();
    try {
      return counts.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of visitors. */
  int count(Session session) {
    lock.lock();
    try {
      return counts.getOrDefault(session, 0);
    } finally {
      lock.unlock();
    }
  }
}
