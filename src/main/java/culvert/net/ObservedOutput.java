package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An output that forwards every write to another one and shows whether a write is in progress. */
final class ObservedOutput extends ByteOutput {

  private final ByteOutput out;
  private volatile boolean writing;

  ObservedOutput(ByteOutput out) {
    this.out = out;
  }

  /** Returns whether a write is in progress; any thread may call it. */
  boolean isWriting() {
    return writing;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    writing = true;
    try {
      out.write(source);
    } finally {
      writing = false;
    }
  }

  @Override
  public boolean writeSome(ByteBuffer source) throws IOException {
    writing = true;
    try {
      return out.writeSome(source);
    } finally {
      writing = false;
    }
  }

  @Override
  public int room() {
    return out.room();
  }
}
