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
 * The client side of SOCKS version 5 (RFC 1928), with username/password authentication (RFC 1929).
 * Every message contains its own length, so each is read exactly to its last byte.
 *
 * <pre>
 * methods   05 n method*n              reply   05 method (ff: no acceptable methods)
 * login     01 n user*n m password*m   reply   01 status (00: success)
 * request   05 01 00 address port*2    reply   05 code 00 address port*2
 * address   01 ip*4 | 03 n name*n | 04 ip*16
 * </pre>
 */
final class Socks5 implements Transport {

  private static final int VERSION = 5;
  private static final int AUTHENTICATION_VERSION = 1;
  private static final int CONNECT = 1;

  private static final int NO_AUTHENTICATION = 0;
  private static final int USERNAME_PASSWORD = 2;
  private static final int NO_ACCEPTABLE_METHODS = 0xff;

  private static final int IPV4 = 1;
  private static final int DOMAIN_NAME = 3;
  private static final int IPV6 = 4;

  private static final int PORT_BYTES = 2;
  private static final int MAX_NAME_BYTES = 255;

  private final OutboundProxy outbound;
  private final HostPort target;

  Socks5(OutboundProxy outbound, HostPort target) {
    this.outbound = outbound;
    this.target = target;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    byte[] request = request();
    var proxy = new ProxyExchange(carrier, outbound.proxy(), target);
    authenticate(proxy);
    proxy.write(request);
    readReply(proxy);
    return carrier;
  }

  private void authenticate(ProxyExchange proxy) throws IOException {
    Optional<Credentials> credentials = outbound.credentials();
    proxy.write(
        credentials.isPresent()
            ? new byte[] {VERSION, 2, NO_AUTHENTICATION, USERNAME_PASSWORD}
            : new byte[] {VERSION, 1, NO_AUTHENTICATION});
    readVersion(proxy);
    int method = proxy.read();
    if (method == USERNAME_PASSWORD && credentials.isPresent()) {
      sendPassword(proxy, credentials.get());
    } else if (method == NO_ACCEPTABLE_METHODS) {
      throw proxy.refused(
          "refused to connect to",
          credentials.isPresent()
              ? "it requires another authentication method than user and password"
              : "it requires authentication; pass a user and password as"
                  + " socks5://USER:PASSWORD@"
                  + outbound.proxy());
    } else if (method != NO_AUTHENTICATION) {
      throw proxy.protocolError(
          "chose authentication method " + method + ", which was not offered");
    }
  }

  private static void readVersion(ProxyExchange proxy) throws IOException {
    int version = proxy.read();
    if (version == 'H') {
      throw proxy.protocolError("is an HTTP proxy: use http:// instead of socks5://");
    }
    if (version != VERSION) {
      throw proxy.protocolError("did not respond in SOCKS5: its first byte is " + version);
    }
  }

  private static void sendPassword(ProxyExchange proxy, Credentials credentials)
      throws IOException {
    byte[] user = credentials.user().getBytes(StandardCharsets.UTF_8);
    byte[] password = credentials.password().getBytes(StandardCharsets.UTF_8);
    proxy.write(
        ByteBuffer.allocate(3 + user.length + password.length)
            .put((byte) AUTHENTICATION_VERSION)
            .put((byte) user.length)
            .put(user)
            .put((byte) password.length)
            .put(password)
            .array());
    // The version byte is ignored: some proxies send 5 here instead of 1.
    int status = proxy.read(2)[1];
    if (status != 0) {
      throw proxy.refused("refused to connect to", "it rejected the user and password");
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
          "the name of " + target + " has more than 255 bytes, the maximum of SOCKS5");
    }
    return ByteBuffer.allocate(2 + bytes.length)
        .put((byte) DOMAIN_NAME)
        .put((byte) bytes.length)
        .put(bytes)
        .array();
  }

  /** Reads the reply to its last byte; the address in it, which the proxy binds, is not used. */
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
          case DOMAIN_NAME -> proxy.read();
          default -> throw proxy.protocolError("sent an address of unknown type " + type);
        };
    proxy.read(length + PORT_BYTES);
  }

  /** Describes a reply code (RFC 1928, section 6). */
  private static IOException refusal(ProxyExchange proxy, int reply) {
    return switch (reply) {
      case 1 -> proxy.refused("could not reach", "general SOCKS server failure");
      case 2 ->
          proxy.refused(
              "does not allow connections to",
              "not allowed by its ruleset; many proxies allow port 443 only");
      case 3 -> proxy.refused("could not reach", "network unreachable");
      case 4 -> proxy.refused("could not reach", "host unreachable");
      case 5 -> proxy.refused("could not reach", "connection refused");
      case 6 -> proxy.refused("could not reach", "TTL expired");
      case 7 -> proxy.refused("refused to connect to", "command not supported");
      case 8 -> proxy.refused("refused to connect to", "address type not supported");
      default -> proxy.refused("refused to connect to", "unknown reply code " + reply);
    };
  }
}
