package culvert.compat.bore;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Trouble;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A connection that tells once when it is closed or reset; all else is the connection's own. */
final class DataChannel implements Connection {

  private final Connection connection;
  private final Runnable over;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * Open still.
   *
   * @param over must not block
   */
  DataChannel(Connection connection, Runnable over) {
    this.connection = connection;
    this.over = over;
  }

  @Override
  public void reset() {
    connection.reset();
    tell();
  }

  @Override
  public void close() {
    connection.close();
    tell();
  }

  private void tell() {
    if (told.compareAndSet(false, true)) {
      over.run();
    }
  }

  @Override
  public ByteInput input() {
    return connection.input();
  }

  @Override
  public ByteOutput output() {
    return connection.output();
  }

  @Override
  public void closeOutput() throws IOException {
    connection.closeOutput();
  }

  @Override
  public void resetOnDeath() throws IOException {
    connection.resetOnDeath();
  }

  @Override
  public byte[] binding() {
    return connection.binding();
  }

  @Override
  public Connection lowest() {
    return connection.lowest();
  }

  @Override
  public InetSocketAddress peer() {
    return connection.peer();
  }

  @Override
  public InetSocketAddress local() {
    return connection.local();
  }

  @Override
  public long received() {
    return connection.received();
  }

  @Override
  public long sent() {
    return connection.sent();
  }

  @Override
  public Optional<Trouble> trouble() {
    return connection.trouble();
  }

  @Override
  public void onTrouble(Runnable action) {
    connection.onTrouble(action);
  }
}
