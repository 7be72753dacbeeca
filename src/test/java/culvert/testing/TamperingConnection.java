package culvert.testing;

import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.ForwardingConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;

/** A connection that can modify every piece written to it. */
public final class TamperingConnection extends ForwardingConnection {

  private volatile UnaryOperator<byte[]> change = UnaryOperator.identity();

  /** Changes nothing until {@link #change} is called. */
  public TamperingConnection(Connection real) {
    super(real);
  }

  /** Applies {@code operator} to every piece that is written from now on. */
  public TamperingConnection change(UnaryOperator<byte[]> operator) {
    change = operator;
    return this;
  }

  @Override
  public ByteOutput output() {
    return new ByteOutput() {
      @Override
      public void write(ByteBuffer source) throws IOException {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        connection().output().write(change.apply(bytes));
      }
    };
  }
}
