package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * An output at a limited rate. To its writer it looks like a receiver that reads slowly: {@link
 * #room} keeps reads short, {@link #writeSome} returns before it would wait, so that the writer
 * gives back its large buffer, and {@link #write} waits. The writer does not read meanwhile, which
 * stops the sender of this one stream.
 */
final class ThrottledOutput extends ByteOutput {

  private final ByteOutput out;
  private final BandwidthLimit limit;
  private final BooleanSupplier isOver;

  /** Bytes that have passed the limit and are not written; only for the writing thread. */
  private int granted;

  /** The waits that have begun and those that have ended. Written by the writing thread. */
  private volatile long waits;

  /**
   * Limits the writes to {@code out}.
   *
   * @param isOver whether to end a wait, because the next write fails; must not block
   */
  ThrottledOutput(ByteOutput out, BandwidthLimit limit, BooleanSupplier isOver) {
    this.out = out;
    this.limit = limit;
    this.isOver = isOver;
  }

  @Override
  public int room() {
    return Math.min(out.room(), limit.piece());
  }

  @Override
  public boolean writeSome(ByteBuffer source) throws IOException {
    if (limit.isUnlimited()) {
      return out.writeSome(source);
    }
    int bytes = source.remaining();
    if (granted < bytes) {
      if (bytes > limit.piece() || !limit.tryTake(bytes - granted)) {
        return false;
      }
      granted = bytes;
    }
    int begin = source.position();
    try {
      return out.writeSome(source);
    } finally {
      granted -= source.position() - begin;
    }
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    int end = source.limit();
    do {
      int bytes = permitted(end - source.position());
      writeGranted(source.limit(source.position() + bytes));
      source.limit(end);
    } while (source.hasRemaining());
  }

  private void writeGranted(ByteBuffer source) throws IOException {
    int begin = source.position();
    try {
      out.write(source);
    } finally {
      granted = Math.max(0, granted - (source.position() - begin));
    }
  }

  /** Returns how many bytes to write now, after a wait if none may pass. */
  private int permitted(int bytes) {
    if (limit.isUnlimited()) {
      return bytes;
    }
    if (granted == 0 && bytes > 0) {
      granted = await(bytes);
    }
    // Without a grant the relay is over, and the write fails.
    return granted == 0 ? bytes : Math.min(granted, bytes);
  }

  private int await(int bytes) {
    waits = waits + 1;
    try {
      return limit.take(bytes, isOver);
    } finally {
      waits = waits + 1;
    }
  }

  /** Gives back the bytes that will not be written; the writing thread calls it at its end. */
  void end() {
    limit.giveBack(granted);
    granted = 0;
  }

  /** Returns whether a write waits for the rate; any thread may call it. */
  boolean isWaiting() {
    return waits % 2 != 0;
  }

  /** Returns a count that changes with each wait; any thread may call it. */
  long waits() {
    return waits;
  }
}
