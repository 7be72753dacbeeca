package culvert.testing;

import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.ForwardingConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;

/** A connection on whose way out somebody may do something to every piece that is written. */
public final class TamperingConnection extends ForwardingConnection {

  private volatile UnaryOperator<byte[]> change = UnaryOperator.identity();

  /** Changes nothing until told to. */
  public TamperingConnection(Connection real) {
    super(real);
  }

  /** From now on what is written becomes what {@code operator} makes of it. */
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
