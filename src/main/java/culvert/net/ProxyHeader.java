package culvert.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The PROXY protocol header (HAProxy, "The PROXY protocol, versions 1 &amp; 2"): passes the address
 * of a client to the server behind a proxy.
 */
public final class ProxyHeader {

  /** Version of the header. */
  public enum Version {
    /** One line of text, section 2.1. */
    V1,
    /** Binary, section 2.2. */
    V2
  }

  /** Maximum length of a version 1 header in bytes, including the line end (section 2.1). */
  static final int MAX_V1_BYTES = 107;

  /**
   * Maximum length in bytes of the part of a version 2 header after its first 16 bytes; without
   * TLVs it has at most 216.
   */
  static final int MAX_V2_BYTES = 2048;

  /** The transport protocols of version 2. */
  private static final int STREAM = 1;

  private static final int DATAGRAM = 2;

  private static final byte[] V2_SIGNATURE = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
  };

  private ProxyHeader() {}

  /**
   * Returns the complete header for a connection from {@code source} to {@code destination}; from a
   * Unix socket, that of {@link #writeLocal}.
   */
  public static byte[] write(
      Version version, InetSocketAddress source, InetSocketAddress destination) {
    if (UnixPeer.isUnix(source)) {
      return writeLocal(version);
    }
    byte[] from = source.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    if (from.length != to.length) {
      from = asV6(from);
      to = asV6(to);
    }
    return switch (version) {
      case V1 -> v1(from, to, source.getPort(), destination.getPort());
      case V2 -> v2(from, to, source.getPort(), destination.getPort(), STREAM);
    };
  }

  /** Returns the complete header for a connection without the address of a client. */
  public static byte[] writeLocal(Version version) {
    return switch (version) {
      case V1 -> "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);
      case V2 ->
          ByteBuffer.allocate(V2_SIGNATURE.length + 4).put(V2_SIGNATURE).put((byte) 0x20).array();
    };
  }

  /** Returns the complete header, of version 2, for datagrams between these addresses. */
  public static byte[] writeUdp(InetSocketAddress source, InetSocketAddress destination) {
    byte[] from = source.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    boolean isSame = from.length == to.length;
    return v2(
        isSame ? from : asV6(from),
        isSame ? to : asV6(to),
        source.getPort(),
        destination.getPort(),
        DATAGRAM);
  }

  private static byte[] v1(byte[] from, byte[] to, int fromPort, int toPort) {
    String family = from.length == 4 ? "TCP4" : "TCP6";
    return String.format(
            "PROXY %s %s %s %d %d\r\n", family, literal(from), literal(to), fromPort, toPort)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] v2(byte[] from, byte[] to, int fromPort, int toPort, int protocol) {
    int length = 2 * from.length + 4;
    return ByteBuffer.allocate(V2_SIGNATURE.length + 4 + length)
        .put(V2_SIGNATURE)
        .put((byte) 0x21)
        .put((byte) ((from.length == 4 ? 0x10 : 0x20) | protocol))
        .putShort((short) length)
        .put(from)
        .put(to)
        .putShort((short) fromPort)
        .putShort((short) toPort)
        .array();
  }

  /** Maps an IPv4 address into IPv6, because a header has one address family. */
  private static byte[] asV6(byte[] address) {
    if (address.length == 16) {
      return address;
    }
    byte[] mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    System.arraycopy(address, 0, mapped, 12, 4);
    return mapped;
  }

  private static String literal(byte[] address) {
    try {
      // With a scope argument the JDK keeps a mapped address as IPv6.
      InetAddress parsed =
          address.length == 4
              ? InetAddress.getByAddress(address)
              : Inet6Address.getByAddress(null, address, -1);
      return Ipv6Text.compress(parsed.getHostAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a header of either version, and no byte after it. The caller sets the time limit.
   *
   * @return the source address, or empty for a connection that the proxy opened for itself (LOCAL,
   *     UNKNOWN)
   * @throws IOException if the header is missing or malformed
   */
  public static Optional<InetSocketAddress> read(InputStream in) throws IOException {
    // The shortest header, "PROXY UNKNOWN" with its line end, is longer than this.
    byte[] start = readExactly(in, V2_SIGNATURE.length);
    if (Arrays.equals(start, V2_SIGNATURE)) {
      return readV2(in);
    }
    if (new String(start, StandardCharsets.ISO_8859_1).startsWith("PROXY ")) {
      return readV1(start, in);
    }
    throw new IOException("required PROXY header is missing");
  }

  private static Optional<InetSocketAddress> readV1(byte[] start, InputStream in)
      throws IOException {
    byte[] line = Arrays.copyOf(start, MAX_V1_BYTES);
    int length = start.length;
    while (line[length - 1] != '\n') {
      if (length == MAX_V1_BYTES) {
        throw new IOException("PROXY header longer than " + MAX_V1_BYTES + " bytes");
      }
      line[length++] = readExactly(in, 1)[0];
    }
    String text = new String(line, 0, length, StandardCharsets.ISO_8859_1);
    if (!text.endsWith("\r\n")) {
      throw malformed();
    }
    String[] fields = text.substring(0, length - 2).split(" ", -1);
    if (fields[1].equals("UNKNOWN")) {
      return Optional.empty();
    }
    boolean v4 = fields[1].equals("TCP4");
    if (fields.length != 6 || !v4 && !fields[1].equals("TCP6")) {
      throw malformed();
    }
    address(v4, fields[3], fields[5]);
    return Optional.of(address(v4, fields[2], fields[4]));
  }

  private static InetSocketAddress address(boolean v4, String address, String port)
      throws IOException {
    Optional<InetAddress> literal = v4 ? IpLiteral.v4(address) : IpLiteral.v6(address);
    if (literal.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
      throw malformed();
    }
    return new InetSocketAddress(literal.get(), Integer.parseInt(port));
  }

  private static IOException malformed() {
    return new IOException("malformed PROXY header");
  }

  private static Optional<InetSocketAddress> readV2(InputStream in) throws IOException {
    ByteBuffer head = ByteBuffer.wrap(readExactly(in, 4));
    int versionAndCommand = head.get() & 0xff;
    int family = head.get() & 0xff;
    int length = head.getShort() & 0xffff;
    if (versionAndCommand >>> 4 != 2 || (versionAndCommand & 0xf) > 1) {
      throw new IOException("PROXY header with an unknown version or command");
    }
    if (length > MAX_V2_BYTES) {
      throw new IOException("PROXY header longer than " + MAX_V2_BYTES + " bytes: " + length);
    }
    ByteBuffer body = ByteBuffer.wrap(readExactly(in, length));
    if ((versionAndCommand & 0xf) == 0 || family != 0x11 && family != 0x21) {
      return Optional.empty();
    }
    byte[] from = new byte[family == 0x11 ? 4 : 16];
    if (length < 2 * from.length + 4) {
      throw new IOException("truncated PROXY header");
    }
    body.get(from);
    int port = body.getShort(2 * from.length) & 0xffff;
    return Optional.of(new InetSocketAddress(InetAddress.getByAddress(from), port));
  }

  private static byte[] readExactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("connection closed within a PROXY header");
    }
    return bytes;
  }
}
