package culvert.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import java.util.zip.CRC32C;

/** Random bytes generated from a seed, without storing them, and their checksum. */
public final class RandomBytes {

  private static final int PIECE_BYTES = 1 << 16;

  private final Random random;
  private final CRC32C sum = new CRC32C();
  private final byte[] piece = new byte[PIECE_BYTES];

  /** Creates a generator that has sent nothing yet. */
  public RandomBytes(long seed) {
    random = new Random(seed);
    random.nextBytes(piece);
  }

  /** Returns so many bytes; the same for each call with this number. */
  public static byte[] of(int bytes) {
    byte[] all = new byte[bytes];
    new Random(bytes).nextBytes(all);
    return all;
  }

  /** Sends {@code bytes} more bytes, rounded up to whole pieces. */
  public RandomBytes send(OutputStream out, long bytes) throws IOException {
    for (long sent = 0; sent < bytes; sent += piece.length) {
      // Changing one random byte makes every piece different at the cost of a copy.
      piece[random.nextInt(piece.length)]++;
      out.write(piece);
      sum.update(piece);
    }
    return this;
  }

  /** Returns the checksum of all bytes sent. */
  public long sum() {
    return sum.getValue();
  }

  /** Reads {@code bytes} bytes and returns their checksum. */
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

  /** Reads to a clean end of stream and returns the checksum of the bytes received. */
  public static long receive(InputStream in) throws IOException {
    var sum = new CRC32C();
    byte[] piece = new byte[PIECE_BYTES];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      sum.update(piece, 0, n);
    }
    return sum.getValue();
  }
}
