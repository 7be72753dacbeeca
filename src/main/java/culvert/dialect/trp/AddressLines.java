package culvert.dialect.trp;

import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The lines on a control connection, each with the address of a visitor: {@code 127.0.0.1:41234}.
 */
final class AddressLines {

  /** Longer than an IPv6 address with a scope and a port. */
  private static final int MAX_BYTES = 256;

  private static final int BUFFER_BYTES = 4096;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;

  AddressLines(InputStream in) {
    this.in = in;
  }

  /** Returns the line for a visitor. */
  static ByteBuffer of(InetSocketAddress visitor) {
    return StandardCharsets.UTF_8.encode(HostPort.of(visitor) + "\n");
  }

  /**
   * Returns the address in a line. Every line announces a visitor; text that is not an address
   * becomes the visitor's name.
   */
  static InetSocketAddress address(String line) {
    try {
      HostPort written = HostPort.parse(line);
      return written
          .literal()
          .map(address -> new InetSocketAddress(address, written.port()))
          .orElseGet(() -> InetSocketAddress.createUnresolved(written.host(), written.port()));
    } catch (IllegalArgumentException e) {
      return InetSocketAddress.createUnresolved("unknown", 0);
    }
  }

  /**
   * Waits for the next line; empty at the end of the stream. An incomplete last line is ignored.
   *
   * @throws ProtocolException if the line is too long
   */
  Optional<String> next() throws IOException {
    var line = new StringBuilder();
    for (int b = read(); b != '\n'; b = read()) {
      if (b < 0) {
        return Optional.empty();
      }
      if (line.length() == MAX_BYTES) {
        throw new ProtocolException("line longer than " + MAX_BYTES + " bytes");
      }
      line.append((char) b);
    }
    return Optional.of(line.toString());
  }

  private int read() throws IOException {
    if (from == to) {
      from = 0;
      to = Math.max(0, in.read(buffer));
    }
    return from == to ? -1 : buffer[from++] & 0xff;
  }
}
