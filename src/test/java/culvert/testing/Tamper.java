package culvert.testing;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Trouble;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A connection on whose way out somebody may do something to every piece that is written. */
public final class Tamper implements Connection {

  private final Connection real;
  private volatile UnaryOperator<byte[]> change = UnaryOperator.identity();

  /** Changes nothing until told to. */
  public Tamper(Connection real) {
    this.real = real;
  }

  /** From now on what is written becomes what {@code operator} makes of it. */
  public Tamper change(UnaryOperator<byte[]> operator) {
    change = operator;
    return this;
  }

  @Override
  public ByteInput input() {
    return real.input();
  }

  @Override
  public ByteOutput output() {
    return new ByteOutput() {
      @Override
      public void write(ByteBuffer source) throws IOException {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        real.output().write(change.apply(bytes));
      }
    };
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
}
