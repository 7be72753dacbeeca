package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A connection that forwards every call to another one; subclasses override some. */
public abstract class ForwardingConnection implements Connection {

  private final Connection connection;

  /** Forwards to {@code connection}. */
  protected ForwardingConnection(Connection connection) {
    this.connection = connection;
  }

  /** Returns the connection that calls are forwarded to. */
  protected final Connection connection() {
    return connection;
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
  public void reset() {
    connection.reset();
  }

  @Override
  public void close() {
    connection.close();
  }

  @Override
  public void abandon() {
    connection.abandon();
  }

  @Override
  public void resetOnDeath() throws IOException {
    connection.resetOnDeath();
  }

  @Override
  public byte[] channelBinding() {
    return connection.channelBinding();
  }

  @Override
  public Connection underlying() {
    return connection.underlying();
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
  public long activity() {
    return connection.activity();
  }

  @Override
  public boolean isInputComplete() {
    return connection.isInputComplete();
  }

  @Override
  public boolean isClosed() {
    return connection.isClosed();
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return connection.closeCause();
  }

  @Override
  public boolean onBroken(Runnable action) {
    return connection.onBroken(action);
  }
}
