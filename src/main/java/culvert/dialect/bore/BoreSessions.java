package culvert.dialect.bore;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The sessions of a server that are served. */
final class BoreSessions {

  /** Guards the fields below; held for nothing else. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<BoreSession> served = new HashSet<>();

  /** Why no session is served; empty while they are. */
  private Optional<String> refusal = Optional.empty();

  /** Adds a session, or returns why it is refused. */
  Optional<String> add(BoreSession session) {
    lock.lock();
    try {
      if (refusal.isEmpty()) {
        served.add(session);
      }
      return refusal;
    } finally {
      lock.unlock();
    }
  }

  /** Removes a session that has ended. */
  void remove(BoreSession session) {
    lock.lock();
    try {
      served.remove(session);
    } finally {
      lock.unlock();
    }
  }

  /** Serves the sessions that are added from now on. */
  void open() {
    lock.lock();
    try {
      refusal = Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the sessions as {@link #end} does, and refuses those that are added until {@link #open}.
   */
  void close(String why, Duration limit) {
    lock.lock();
    try {
      refusal = Optional.of(why);
    } finally {
      lock.unlock();
    }
    end(why, limit);
  }

  /**
   * Ends every session of now with its last visitor, or after the limit. Does not block.
   *
   * @param why for the clients
   */
  void end(String why, Duration limit) {
    List<BoreSession> ending;
    lock.lock();
    try {
      ending = List.copyOf(served);
    } finally {
      lock.unlock();
    }
    ending.forEach(session -> session.end(why, limit));
  }
}
