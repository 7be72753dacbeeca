package culvert.compat.bore;

import culvert.net.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Visitors that were announced and whose data channel has not come. An id is random and told to one
 * session only, so whoever names it is that session's client. Nothing is read of a visitor while it
 * waits: what it costs is its connection.
 */
final class PendingVisitors {

  /** Of all sessions together. */
  static final int MOST = 4096;

  /** Of one session. */
  static final int MOST_OF_SESSION = 1024;

  private final ReentrantLock lock = new ReentrantLock();

  /** The lock guards it. */
  private final Map<UUID, PendingVisitor> all = new HashMap<>();

  /**
   * One more waits.
   *
   * @throws IOException if too many do
   */
  void add(PendingVisitor visitor) throws IOException {
    lock.lock();
    try {
      long siblings =
          all.values().stream().filter(one -> one.session() == visitor.session()).count();
      if (all.size() >= MOST || siblings >= MOST_OF_SESSION) {
        throw new IOException(
            siblings
                + " visitors wait for the client's data channels already, "
                + all.size()
                + " for any client's");
      }
      all.put(visitor.id(), visitor);
    } finally {
      lock.unlock();
    }
  }

  /** A data channel has come; returns whether a visitor waits for it, whose it is then. */
  boolean claim(UUID id, Connection channel) {
    PendingVisitor visitor;
    lock.lock();
    try {
      visitor = all.remove(id);
    } finally {
      lock.unlock();
    }
    return visitor != null && visitor.claimed(channel);
  }

  /** A visitor waits no more; returns whether it did until now. */
  boolean remove(PendingVisitor visitor) {
    lock.lock();
    try {
      return all.remove(visitor.id(), visitor);
    } finally {
      lock.unlock();
    }
  }

  /** The session has ended: nothing will come for those it has announced. */
  void end(BoreSession session) {
    List<PendingVisitor> lost = new ArrayList<>();
    lock.lock();
    try {
      all.values().stream().filter(one -> one.session() == session).forEach(lost::add);
      lost.forEach(one -> all.remove(one.id()));
    } finally {
      lock.unlock();
    }
    lost.forEach(PendingVisitor::lost);
  }
}
