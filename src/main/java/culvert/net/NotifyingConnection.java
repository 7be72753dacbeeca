package culvert.net;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A connection that tells once when it is closed or reset; all else is the connection's own. */
public final class NotifyingConnection extends ForwardingConnection {

  private final Consumer<NotifyingConnection> over;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * Open still.
   *
   * @param over must not block
   */
  public NotifyingConnection(Connection connection, Consumer<NotifyingConnection> over) {
    super(connection);
    this.over = over;
  }

  @Override
  public void reset() {
    connection().reset();
    tell();
  }

  @Override
  public void close() {
    connection().close();
    tell();
  }

  private void tell() {
    if (told.compareAndSet(false, true)) {
      over.accept(this);
    }
  }
}
