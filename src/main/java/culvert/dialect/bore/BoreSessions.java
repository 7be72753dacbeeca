package culvert.dialect.bore;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The sessions of clients that have logged in at one endpoint. */
final class BoreSessions {

  private static final String REQUIRED = "the server requires a secret now";
  private static final String NOT_REQUIRED = "the server requires no secret any more";

  /** Guards the fields below; held for nothing else. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<BoreSession> served = new HashSet<>();

  /** Why no session is served; empty while they are. */
  private Optional<String> refusal = Optional.empty();

  /** Whether each connection begins with a challenge. */
  private boolean isSecretRequired;

  BoreSessions(boolean isSecretRequired) {
    this.isSecretRequired = isSecretRequired;
  }

  /** Adds a session, or returns why it is refused: it may have logged in before a change. */
  Optional<String> add(BoreSession session) {
    lock.lock();
    try {
      Optional<String> why = refusal.or(() -> mismatch(session));
      if (why.isEmpty()) {
        served.add(session);
      }
      return why;
    } finally {
      lock.unlock();
    }
  }

  private Optional<String> mismatch(BoreSession session) {
    return session.secret().isPresent() == isSecretRequired
        ? Optional.empty()
        : Optional.of(isSecretRequired ? REQUIRED : NOT_REQUIRED);
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

  /**
   * Serves the sessions that are added from now on. Those of now end, as {@link #end} does, if a
   * secret is required only now, or none any more: their data channels would begin in another way.
   */
  void open(boolean isRequired, Duration limit) {
    boolean isChanged;
    lock.lock();
    try {
      refusal = Optional.empty();
      isChanged = isRequired != isSecretRequired;
      isSecretRequired = isRequired;
    } finally {
      lock.unlock();
    }
    if (isChanged) {
      end(isRequired ? REQUIRED : NOT_REQUIRED, limit);
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
  private void end(String why, Duration limit) {
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
