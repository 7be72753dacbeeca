package culvert.route;

import culvert.config.OutboundProxy;
import culvert.config.OutboundProxy.Credentials;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.transport.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The CONNECT method of HTTP/1.1 (RFC 9110, section 9.3.6), with Basic credentials (RFC 7617).
 *
 * <p>Reads the response head byte by byte, because its length is not known in advance and the first
 * bytes of the tunnel may follow it at once. That costs one system call for each of a few hundred
 * bytes, once per connection. Reading ahead instead would require a wrapper that returns the extra
 * bytes and that every later byte would have to pass through.
 */
final class HttpConnect implements Transport {

  private final OutboundProxy outbound;
  private final HostPort target;

  HttpConnect(OutboundProxy outbound, HostPort target) {
    this.outbound = outbound;
    this.target = target;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    var proxy = new ProxyExchange(carrier, outbound.proxy(), target);
    proxy.write(request().getBytes(StandardCharsets.UTF_8));
    var responses = new ProxyResponses(proxy);
    ProxyResponses.Response response = responses.readResponse();
    while (response.isInterim()) {
      response = responses.readResponse();
    }
    if (!response.isSuccess()) {
      throw refusal(proxy, response);
    }
    return carrier;
  }

  private String request() {
    String authorization =
        outbound
            .credentials()
            .map(given -> "Proxy-Authorization: " + basic(given) + "\r\n")
            .orElse("");
    return "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: culvert\r\n%s\r\n"
        .formatted(target, target, authorization);
  }

  private static String basic(Credentials credentials) {
    byte[] pair =
        (credentials.user() + ":" + credentials.password()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private IOException refusal(ProxyExchange proxy, ProxyResponses.Response response) {
    return switch (response.status()) {
      case 403, 405 ->
          proxy.refused(
              "does not allow connections to", response + "; many proxies allow port 443 only");
      // A proxy asks for authentication with 407; tinyproxy sends 401 for a wrong password.
      case 401, 407 -> proxy.refused("refused to connect to", response + "; " + hint(response));
      case 502, 503, 504 -> proxy.refused("could not reach", response.toString());
      default -> proxy.refused("refused to connect to", response.toString());
    };
  }

  private String hint(ProxyResponses.Response response) {
    if (!response.isBasicAccepted()) {
      return "it does not accept Basic, the only authentication scheme supported";
    }
    return outbound.credentials().isPresent()
        ? "it rejected the user and password"
        : "pass a user and password as http://USER:PASSWORD@" + outbound.proxy();
  }
}
