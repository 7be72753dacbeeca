package culvert.dialect.trp;

import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The lines on a control connection: a visitor's address each, {@code 127.0.0.1:41234}. */
final class AddressLines {

  /** An IPv6 address with a scope and a port is far shorter. */
  private static final int MAX_BYTES = 256;

  private static final int BUFFER_BYTES = 4096;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;

  AddressLines(InputStream in) {
    this.in = in;
  }

  /** The line of a visitor. */
  static ByteBuffer of(InetSocketAddress visitor) {
    return StandardCharsets.UTF_8.encode(HostPort.of(visitor) + "\n");
  }

  /**
   * The address in a line. Any line announces a visitor: one that is no address is the visitor's
   * name.
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
   * Waits for the next line; nothing at the end of the stream, where half a line does not count.
   *
   * @throws ProtocolException if it is too long
   */
  Optional<String> next() throws IOException {
    var line = new StringBuilder();
    for (int b = read(); b != '\n'; b = read()) {
      if (b < 0) {
        return Optional.empty();
      }
      if (line.length() == MAX_BYTES) {
        throw new ProtocolException("a line of more than " + MAX_BYTES + " bytes");
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
