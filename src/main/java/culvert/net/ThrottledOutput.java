package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * An output at a limited rate. To its writer it looks like a receiver that reads slowly: {@link
 * #room} keeps reads short, {@link #writeSome} returns before it would wait, so that the writer
 * gives back its large buffer, and {@link #write} waits. The writer does not read meanwhile, which
 * stops the sender of this one stream.
 */
final class ThrottledOutput extends ByteOutput {

  /** A wait ends at most so late if the relay ends or the rate changes. */
  private static final long MAX_PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ByteOutput out;
  private final BandwidthLimit limit;
  private final BooleanSupplier isOver;

  /** Bytes that may be written without a reservation; only for the writing thread. */
  private int reserved;

  /**
   * Limits the writes to {@code out}.
   *
   * @param isOver whether to end a wait, because the next write fails
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
    if (reserved < bytes) {
      if (bytes > limit.piece() || !limit.tryTake(bytes - reserved)) {
        return false;
      }
      reserved = bytes;
    }
    boolean isWritten = out.writeSome(source);
    reserved -= bytes - source.remaining();
    return isWritten;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    int end = source.limit();
    do {
      if (reserved == 0 && source.position() < end) {
        reserve(end - source.position());
      }
      int bytes = Math.min(reserved, end - source.position());
      out.write(source.limit(source.position() + bytes));
      reserved -= bytes;
      source.limit(end);
    } while (source.hasRemaining());
  }

  /** Reserves a piece and waits until it may pass. */
  private void reserve(int bytes) {
    int changes = limit.changes();
    int piece = Math.min(bytes, limit.piece());
    long start = System.nanoTime() + limit.reserve(piece);
    reserved = piece;
    for (long left = start - System.nanoTime();
        left > 0 && !isOver.getAsBoolean() && limit.changes() == changes;
        left = start - System.nanoTime()) {
      LockSupport.parkNanos(this, Math.min(left, MAX_PARK_NANOS));
    }
  }
}
