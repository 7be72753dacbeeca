package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A connection that does what another does, but for what a test overrides. */
abstract class Wrapped implements Connection {

  private final Connection real;

  Wrapped(Connection real) {
    this.real = real;
  }

  @Override
  public ByteInput input() {
    return real.input();
  }

  @Override
  public ByteOutput output() {
    return real.output();
  }

  @Override
  public void closeOutput() throws IOException {
    real.closeOutput();
  }

  @Override
  public void reset() {
    real.reset();
  }

  @Override
  public void close() {
    real.close();
  }

  @Override
  public void resetOnDeath() throws IOException {
    real.resetOnDeath();
  }

  @Override
  public InetSocketAddress peer() {
    return real.peer();
  }

  @Override
  public InetSocketAddress local() {
    return real.local();
  }

  @Override
  public long received() {
    return real.received();
  }

  @Override
  public long sent() {
    return real.sent();
  }

  @Override
  public Optional<Trouble> trouble() {
    return real.trouble();
  }

  @Override
  public void onTrouble(Runnable action) {
    real.onTrouble(action);
  }
}
