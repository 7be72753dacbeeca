package culvert.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import java.util.zip.CRC32C;

/** Random bytes from a seed, which nobody holds, and their checksum. */
public final class RandomBytes {

  private static final int PIECE_BYTES = 1 << 16;

  private final Random random;
  private final CRC32C sum = new CRC32C();
  private final byte[] piece = new byte[PIECE_BYTES];

  /** Nothing sent yet. */
  public RandomBytes(long seed) {
    random = new Random(seed);
    random.nextBytes(piece);
  }

  /** Sends so many bytes more, rounded up to whole pieces. */
  public RandomBytes send(OutputStream out, long bytes) throws IOException {
    for (long sent = 0; sent < bytes; sent += piece.length) {
      // A few bytes changed at random make every piece another one, at the cost of a copy.
      piece[random.nextInt(piece.length)]++;
      out.write(piece);
      sum.update(piece);
    }
    return this;
  }

  /** The checksum of all that was sent. */
  public long sum() {
    return sum.getValue();
  }

  /** Reads so many bytes, and returns their checksum. */
  public static long receive(InputStream in, long bytes) throws IOException {
    var sum = new CRC32C();
    for (long left = bytes; left > 0; ) {
      byte[] piece = in.readNBytes((int) Math.min(left, PIECE_BYTES));
      if (piece.length == 0) {
        throw new EOFException(left + " bytes are missing");
      }
      sum.update(piece);
      left -= piece.length;
    }
    return sum.getValue();
  }

  /** Reads to a clean end and returns the checksum of what came. */
  public static long receive(InputStream in) throws IOException {
    var sum = new CRC32C();
    byte[] piece = new byte[PIECE_BYTES];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      sum.update(piece, 0, n);
    }
    return sum.getValue();
  }
}
