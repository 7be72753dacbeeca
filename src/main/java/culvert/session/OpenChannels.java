package culvert.session;

import culvert.net.Connection;
import culvert.net.NotifyingConnection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The open data channels of one session at the remote proxy, for protocols whose origin proxy opens
 * a connection for each visitor. They are the only activity that such an origin proxy shows.
 */
public final class OpenChannels {

  /**
   * Minimum time for opening a data channel before the origin proxy is considered dead, even if the
   * limit for the visitor is shorter.
   */
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(5);

  private final Runnable onDrained;

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are the fields below. */
  private final Set<NotifyingConnection> open = new HashSet<>();

  private long lastOpened = System.nanoTime();

  /** Whether the session ends with its last data channel. */
  private boolean draining;

  /** Whether the origin proxy is dead, and its data channels with it. */
  private boolean aborted;

  /**
   * Creates an empty set.
   *
   * @param onDrained runs when none is open after {@link #drain}, possibly twice; must not block
   */
  public OpenChannels(Runnable onDrained) {
    this.onDrained = onDrained;
  }

  /** Adds a data channel until it is closed; returns the connection to use instead. */
  public Connection add(Connection channel) {
    var counted = new NotifyingConnection(channel, this::remove);
    boolean alreadyDead;
    lock.lock();
    try {
      open.add(counted);
      lastOpened = System.nanoTime();
      alreadyDead = aborted;
    } finally {
      lock.unlock();
    }
    if (alreadyDead) {
      counted.reset();
    }
    return counted;
  }

  /**
   * Removes a data channel without closing it.
   *
   * @param counted as returned by {@link #add}
   */
  public void remove(Connection counted) {
    boolean last;
    lock.lock();
    try {
      last = open.remove(counted) && open.isEmpty() && draining;
    } finally {
      lock.unlock();
    }
    if (last) {
      onDrained.run();
    }
  }

  /** Reports the end of the last data channel from now on, immediately if none is open. */
  public void drain() {
    boolean idle;
    lock.lock();
    try {
      draining = true;
      idle = open.isEmpty();
    } finally {
      lock.unlock();
    }
    if (idle) {
      onDrained.run();
    }
  }

  /** Resets all data channels, and those that are added later. */
  public void abort() {
    List<NotifyingConnection> abandoned;
    lock.lock();
    try {
      aborted = true;
      abandoned = List.copyOf(open);
    } finally {
      lock.unlock();
    }
    abandoned.forEach(NotifyingConnection::reset);
  }

  /**
   * Returns whether the origin proxy is to be considered dead after a visitor got no data channel:
   * it has none open and has opened none since the visitor was announced. Announcements without an
   * acknowledgement keep the system from sending keep-alive probes.
   *
   * @param announced by {@link System#nanoTime}
   */
  public boolean isUnusedSince(long announced) {
    if (System.nanoTime() - announced < CLAIM_LIMIT.toNanos()) {
      return false;
    }
    lock.lock();
    try {
      return open.isEmpty() && lastOpened - announced < 0;
    } finally {
      lock.unlock();
    }
  }
}
