package culvert.dialect.bore;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Phase of one client's session, and the reason for its end. */
final class SessionState {

  private enum Phase {
    /** Not served yet. */
    NEW,
    /** Visitors are announced. */
    SERVING,
    /** No more visitors are announced; the session ends with its last data channel. */
    DRAINING,
    /** Ended by this side; the connection is closed or about to be. */
    CLOSED
  }

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are the fields below. */
  private Phase phase = Phase.NEW;

  /** Error text for a client that is rejected before it is served. */
  private String refusal = "";

  /** Why the session ended or is about to end; null until then, and if this side closed it. */
  private IOException cause;

  /** Starts to serve; returns false if the client has been rejected. */
  boolean serve() {
    lock.lock();
    try {
      if (phase != Phase.NEW) {
        return false;
      }
      phase = Phase.SERVING;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Rejects a client that is not served yet, with the reason; returns whether this was one. */
  boolean refuse(String why) {
    lock.lock();
    try {
      if (phase != Phase.NEW) {
        return false;
      }
      phase = Phase.CLOSED;
      refusal = why;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns why the client was rejected before it was served. */
  String refusal() {
    lock.lock();
    try {
      return refusal;
    } finally {
      lock.unlock();
    }
  }

  /** Stops announcing visitors; no effect if the session is not served or has ended. */
  void drain() {
    lock.lock();
    try {
      if (phase == Phase.SERVING) {
        phase = Phase.DRAINING;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records the cause of the coming end, unless an earlier one is recorded. */
  void recordCause(IOException why) {
    lock.lock();
    try {
      if (cause == null && phase != Phase.CLOSED) {
        cause = why;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the session; the first cause recorded is kept.
   *
   * @param why null if this side ends it
   */
  void close(IOException why) {
    lock.lock();
    try {
      recordCause(why);
      phase = Phase.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  boolean isServing() {
    return is(Phase.SERVING);
  }

  boolean isDraining() {
    return is(Phase.DRAINING);
  }

  boolean isClosed() {
    return is(Phase.CLOSED);
  }

  private boolean is(Phase wanted) {
    lock.lock();
    try {
      return phase == wanted;
    } finally {
      lock.unlock();
    }
  }

  /** Returns why the session ended; empty if this side ended it. */
  Optional<IOException> cause() {
    lock.lock();
    try {
      return Optional.ofNullable(cause);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the client itself closed its connection. */
  boolean isClosedByClient() {
    return cause().filter(EOFException.class::isInstance).isPresent();
  }
}
