package culvert.net;

import java.net.InetAddress;
import java.util.List;

/**
 * A network: {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address. An IPv4-mapped network, as
 * {@code ::ffff:10.0.0.0/104}, is the IPv4 network: the JDK gives mapped addresses as IPv4.
 *
 * @param address 4 or 16 bytes
 * @param bits length of the network prefix in bits
 */
public record Cidr(List<Byte> address, int bits) {

  private static final int V4_BYTES = 4;

  /** Bits before the IPv4 address in a mapped one (RFC 4291, section 2.5.5.2). */
  private static final int MAPPED_BITS = 96;

  /**
   * Parses a network given as literal address; names are not accepted.
   *
   * @throws IllegalArgumentException with a message for users if the text is not a network
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    byte[] bytes =
        IpLiteral.v4(host)
            .or(() -> IpLiteral.v6(host))
            .map(InetAddress::getAddress)
            .orElseThrow(() -> wrong(text));
    int max = bytes.length * Byte.SIZE;
    int bits = max;
    if (slash >= 0) {
      boolean isMapped = bytes.length == V4_BYTES && host.contains(":");
      bits = bits(text, text.substring(slash + 1)) - (isMapped ? MAPPED_BITS : 0);
    }
    if (bits < 0 || bits > max) {
      throw wrong(text);
    }
    return new Cidr(boxed(bytes), bits);
  }

  private static int bits(String text, String bits) {
    if (!bits.matches("[0-9]{1,3}")) {
      throw wrong(text);
    }
    return Integer.parseInt(bits);
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is not a network: expected ADDRESS or ADDRESS/BITS, as 10.0.0.0/8 or"
            + " 2001:db8::/32");
  }

  private static List<Byte> boxed(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      boxed[i] = bytes[i];
    }
    return List.of(boxed);
  }

  /** Returns the bytes of the address. */
  byte[] bytes() {
    byte[] bytes = new byte[address.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = address.get(i);
    }
    return bytes;
  }

  /** Returns whether the address belongs to this network. */
  public boolean contains(InetAddress candidate) {
    byte[] bytes = candidate.getAddress();
    if (bytes.length != address.size()) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> bit % 8;
      if (((bytes[bit / 8] ^ address.get(bit / 8)) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
