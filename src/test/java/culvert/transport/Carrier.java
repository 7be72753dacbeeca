package culvert.transport;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Trouble;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A carrier that does what another does, and tells a test what is about to happen. */
class Carrier implements Connection {

  private final Connection real;

  Carrier(Connection real) {
    this.real = real;
  }

  /** Before each write. */
  void beforeWrite() {}

  /** Before each read: how much may come at once. */
  int mostPerRead() {
    return Integer.MAX_VALUE;
  }

  @Override
  public ByteInput input() {
    ByteInput input = real.input();
    return new ByteInput() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        int limit = target.limit();
        target.limit(target.position() + Math.min(target.remaining(), mostPerRead()));
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
    ByteOutput output = real.output();
    return new ByteOutput() {
      @Override
      public void write(ByteBuffer source) throws IOException {
        beforeWrite();
        output.write(source);
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
