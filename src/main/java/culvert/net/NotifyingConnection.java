package culvert.net;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A connection that calls a listener once when it is closed or reset; everything else is forwarded.
 */
public final class NotifyingConnection extends ForwardingConnection {

  private final Consumer<NotifyingConnection> onClosed;
  private final AtomicBoolean notified = new AtomicBoolean();

  /**
   * Wraps an open connection.
   *
   * @param onClosed called with this connection; must not block
   */
  public NotifyingConnection(Connection connection, Consumer<NotifyingConnection> onClosed) {
    super(connection);
    this.onClosed = onClosed;
  }

  @Override
  public void reset() {
    connection().reset();
    notifyOnce();
  }

  @Override
  public void close() {
    connection().close();
    notifyOnce();
  }

  @Override
  public void abandon() {
    connection().abandon();
    notifyOnce();
  }

  private void notifyOnce() {
    if (notified.compareAndSet(false, true)) {
      onClosed.accept(this);
    }
  }
}
