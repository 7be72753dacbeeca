package culvert.bounce.console;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Bytes as people read them: sixteen a line, each in hex, and as a letter where ASCII has one. */
final class HexDump {

  /** Takes the lines of a dump, one by one. */
  @FunctionalInterface
  interface LineConsumer {
    /**
     * One line.
     *
     * @param offset of its first byte
     * @param hex its bytes, two digits each with a space between
     * @param text the same as letters; a dot is what has none
     */
    void accept(int offset, String hex, String text);
  }

  private static final int BYTES_A_LINE = 16;
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

  private HexDump() {}

  /** Dumps what is between position and limit, and leaves both where they are. */
  static void of(ByteBuffer bytes, LineConsumer lines) {
    byte[] row = new byte[BYTES_A_LINE];
    for (int offset = 0; offset < bytes.remaining(); offset += BYTES_A_LINE) {
      int length = Math.min(BYTES_A_LINE, bytes.remaining() - offset);
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
