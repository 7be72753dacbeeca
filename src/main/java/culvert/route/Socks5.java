package culvert.route;

import culvert.config.OutboundProxy;
import culvert.config.OutboundProxy.Credentials;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * SOCKS version 5 (RFC 1928), with user and password (RFC 1929). Every message tells its own
 * length, so that it is read to its last byte and no further.
 *
 * <pre>
 * methods   05 n method*n              answer  05 method (ff: none of these)
 * login     01 n user*n m password*m   answer  01 status (00: welcome)
 * request   05 01 00 address port*2    answer  05 reply 00 address port*2
 * address   01 ip*4 | 03 n name*n | 04 ip*16
 * </pre>
 */
final class Socks5 implements Transport {

  private static final int VERSION = 5;
  private static final int LOGIN_VERSION = 1;
  private static final int CONNECT = 1;

  private static final int NO_LOGIN = 0;
  private static final int PASSWORD = 2;
  private static final int NO_METHOD = 0xff;

  private static final int IPV4 = 1;
  private static final int NAME = 3;
  private static final int IPV6 = 4;

  private static final int PORT_BYTES = 2;
  private static final int MAX_NAME_BYTES = 255;

  private final OutboundProxy via;
  private final HostPort target;

  Socks5(OutboundProxy via, HostPort target) {
    this.via = via;
    this.target = target;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    byte[] request = request();
    var proxy = new ProxyExchange(carrier, via.proxy(), target);
    chooseMethod(proxy);
    proxy.write(request);
    readReply(proxy);
    return carrier;
  }

  private void chooseMethod(ProxyExchange proxy) throws IOException {
    Optional<Credentials> credentials = via.credentials();
    proxy.write(
        credentials.isPresent()
            ? new byte[] {VERSION, 2, NO_LOGIN, PASSWORD}
            : new byte[] {VERSION, 1, NO_LOGIN});
    readVersion(proxy);
    int method = proxy.read();
    if (method == PASSWORD && credentials.isPresent()) {
      logIn(proxy, credentials.get());
    } else if (method == NO_METHOD) {
      throw proxy.refused(
          "does not lead to",
          credentials.isPresent()
              ? "it wants another kind of login than a user and password"
              : "it wants a login; give it a user and password, as socks5://USER:PASSWORD@"
                  + via.proxy());
    } else if (method != NO_LOGIN) {
      throw proxy.protocolError("chose the login method " + method + ", which was not offered");
    }
  }

  private static void readVersion(ProxyExchange proxy) throws IOException {
    int version = proxy.read();
    if (version == 'H') {
      throw proxy.protocolError("is an HTTP proxy; write http:// in place of socks5://");
    }
    if (version != VERSION) {
      throw proxy.protocolError("does not answer in SOCKS5: its first byte is " + version);
    }
  }

  private static void logIn(ProxyExchange proxy, Credentials credentials) throws IOException {
    byte[] user = credentials.user().getBytes(StandardCharsets.UTF_8);
    byte[] password = credentials.password().getBytes(StandardCharsets.UTF_8);
    proxy.write(
        ByteBuffer.allocate(3 + user.length + password.length)
            .put((byte) LOGIN_VERSION)
            .put((byte) user.length)
            .put(user)
            .put((byte) password.length)
            .put(password)
            .array());
    // The version in front is not looked at: there are proxies that say 5 here.
    int status = proxy.read(2)[1];
    if (status != 0) {
      throw proxy.refused("does not lead to", "it refused the user and password given");
    }
  }

  private byte[] request() throws IOException {
    byte[] address = address();
    return ByteBuffer.allocate(3 + address.length + PORT_BYTES)
        .put(new byte[] {VERSION, CONNECT, 0})
        .put(address)
        .putShort((short) target.port())
        .array();
  }

  private byte[] address() throws IOException {
    Optional<byte[]> literal = target.literal().map(InetAddress::getAddress);
    byte[] bytes = literal.orElseGet(() -> target.host().getBytes(StandardCharsets.UTF_8));
    if (literal.isPresent()) {
      return ByteBuffer.allocate(1 + bytes.length)
          .put((byte) (bytes.length == 4 ? IPV4 : IPV6))
          .put(bytes)
          .array();
    }
    if (bytes.length > MAX_NAME_BYTES) {
      throw new IOException(
          "the name of " + target + " has more than 255 bytes, which SOCKS5 cannot say");
    }
    return ByteBuffer.allocate(2 + bytes.length)
        .put((byte) NAME)
        .put((byte) bytes.length)
        .put(bytes)
        .array();
  }

  /** Reads the address that the proxy dials from, which is of no use here, to its end. */
  private static void readReply(ProxyExchange proxy) throws IOException {
    readVersion(proxy);
    int reply = proxy.read();
    if (reply != 0) {
      throw refusal(proxy, reply);
    }
    proxy.read(1);
    int type = proxy.read();
    int length =
        switch (type) {
          case IPV4 -> 4;
          case IPV6 -> 16;
          case NAME -> proxy.read();
          default ->
              throw proxy.protocolError("answered with an address of the unknown type " + type);
        };
    proxy.read(length + PORT_BYTES);
  }

  /** RFC 1928, 6. */
  private static IOException refusal(ProxyExchange proxy, int reply) {
    return switch (reply) {
      case 1 -> proxy.refused("could not reach", "general failure");
      case 2 ->
          proxy.refused("does not allow", "its rules forbid it; many proxies allow port 443 only");
      case 3 -> proxy.refused("could not reach", "network unreachable");
      case 4 -> proxy.refused("could not reach", "host unreachable");
      case 5 -> proxy.refused("could not reach", "connection refused");
      case 6 -> proxy.refused("could not reach", "TTL expired");
      case 7 -> proxy.refused("does not lead to", "it does not know CONNECT");
      case 8 -> proxy.refused("does not lead to", "it does not know this type of address");
      default -> proxy.refused("does not lead to", "it gave the unknown reason " + reply);
    };
  }
}
