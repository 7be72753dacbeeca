package culvert.remote;

import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.SocketConnection;
import culvert.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A listener for origin proxies. Where the protocol opens a connection for each visitor, these come
 * to the address of the login: the listener knows its sessions, and accepts connections for those
 * of such protocols after it was replaced, until the last one has ended.
 */
final class ControlListener
    implements TcpListener, Listener.Handler<SocketConnection>, ControlHandler.Gate {

  private final ControlHandler handler;

  /** Set before the listener is started. */
  private Listener listener;

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<Session> sessions = new HashSet<>();

  private boolean isRetired;
  private Runnable onUnused = () -> {};

  private ControlListener(ControlHandler handler) {
    this.handler = handler;
  }

  /**
   * Binds an address; see {@link Listener#bind}.
   *
   * @param handler handles the connections
   * @throws IOException naming the address, if it cannot be bound
   */
  static ControlListener bind(HostPort where, String role, BufferPool pool, ControlHandler handler)
      throws IOException {
    var created = new ControlListener(handler);
    created.listener = Listener.bind(where, role, pool, created);
    return created;
  }

  @Override
  public Listener listener() {
    return listener;
  }

  @Override
  public boolean retire(Runnable action) {
    lock.lock();
    try {
      isRetired = true;
      boolean isNeeded = isNeeded();
      if (isNeeded) {
        onUnused = action;
      }
      return isNeeded;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void reopen() {
    lock.lock();
    try {
      isRetired = false;
      onUnused = () -> {};
    } finally {
      lock.unlock();
    }
  }

  private boolean isNeeded() {
    return sessions.stream().anyMatch(Session::hasDataChannels);
  }

  @Override
  public boolean tryBegin(Session session) {
    lock.lock();
    try {
      return !isRetired && sessions.add(session);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void end(Session session) {
    Runnable action;
    lock.lock();
    try {
      sessions.remove(session);
      action = isRetired && !isNeeded() ? onUnused : () -> {};
    } finally {
      lock.unlock();
    }
    action.run();
  }

  @Override
  public void handle(SocketConnection connection) {
    handler.serve(connection, this);
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    handler.acceptFailed(cause, pause, first);
  }

  @Override
  public boolean canUseReserve() {
    return true;
  }
}
