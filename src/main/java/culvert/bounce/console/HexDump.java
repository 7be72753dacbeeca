package culvert.bounce.console;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Hex dump: sixteen bytes per line, in hexadecimal and as ASCII. */
final class HexDump {

  /** Receives the lines of a dump in order. */
  @FunctionalInterface
  interface LineConsumer {
    /**
     * Receives a line.
     *
     * @param offset offset of its first byte
     * @param hex its bytes, two digits each, separated by spaces
     * @param text its bytes as ASCII, with a dot for each byte that is not printable
     */
    void accept(int offset, String hex, String text);
  }

  private static final int BYTES_PER_LINE = 16;
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

  private HexDump() {}

  /** Dumps the bytes between position and limit, without changing either. */
  static void of(ByteBuffer bytes, LineConsumer lines) {
    byte[] row = new byte[BYTES_PER_LINE];
    for (int offset = 0; offset < bytes.remaining(); offset += BYTES_PER_LINE) {
      int length = Math.min(BYTES_PER_LINE, bytes.remaining() - offset);
      bytes.get(bytes.position() + offset, row, 0, length);
      lines.accept(offset, HEX.formatHex(row, 0, length), text(row, length));
    }
  }

  private static String text(byte[] row, int length) {
    var text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(row[i] >= ' ' && row[i] <= '~' ? (char) row[i] : '.');
    }
    return text.toString();
  }
}
