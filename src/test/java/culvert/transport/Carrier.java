package culvert.transport;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.ForwardingConnection;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A carrier that forwards to another and has hooks for a test. */
public class Carrier extends ForwardingConnection {

  public Carrier(Connection real) {
    super(real);
  }

  /** Called before each write. */
  public void beforeWrite() {}

  /** Called before each read; returns the maximum bytes that it may return. */
  public int maxPerRead() {
    return Integer.MAX_VALUE;
  }

  @Override
  public ByteInput input() {
    ByteInput input = super.input();
    return new ByteInput() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        int limit = target.limit();
        target.limit(target.position() + Math.min(target.remaining(), maxPerRead()));
        try {
          return input.read(target);
        } finally {
          target.limit(limit);
        }
      }

      @Override
      public int available() throws IOException {
        return input.available();
      }
    };
  }

  @Override
  public ByteOutput output() {
    ByteOutput output = super.output();
    return new ByteOutput() {
      @Override
      public void write(ByteBuffer source) throws IOException {
        beforeWrite();
        output.write(source);
      }
    };
  }
}
