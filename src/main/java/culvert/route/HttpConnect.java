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
 * CONNECT of HTTP/1.1 (RFC 9110, 9.3.6), with Basic credentials (RFC 7617).
 *
 * <p>The answer's head is read byte by byte, because it does not tell its length and the tunnel's
 * first bytes may lie behind it. That is a system call for each of a few hundred bytes, once in a
 * connection's life, and it leaves the carrier as it is: a connection that gives back what was read
 * too far would stand in the way of every later byte.
 */
final class HttpConnect implements Transport {

  private final OutboundProxy via;
  private final HostPort target;

  HttpConnect(OutboundProxy via, HostPort target) {
    this.via = via;
    this.target = target;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    var proxy = new ProxyExchange(carrier, via.proxy(), target);
    proxy.write(request().getBytes(StandardCharsets.UTF_8));
    var answers = new ProxyResponses(proxy);
    ProxyResponses.Response answer = answers.readResponse();
    while (answer.isInterim()) {
      answer = answers.readResponse();
    }
    if (!answer.isSuccess()) {
      throw refusal(proxy, answer);
    }
    return carrier;
  }

  private String request() {
    String authorization =
        via.credentials().map(given -> "Proxy-Authorization: " + basic(given) + "\r\n").orElse("");
    return "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: culvert\r\n%s\r\n"
        .formatted(target, target, authorization);
  }

  private static String basic(Credentials credentials) {
    byte[] pair =
        (credentials.user() + ":" + credentials.password()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private IOException refusal(ProxyExchange proxy, ProxyResponses.Response answer) {
    return switch (answer.status()) {
      case 403, 405 ->
          proxy.refused("does not allow", answer + "; many proxies allow port 443 only");
      // Of a proxy's own login it is 407, but tinyproxy calls a wrong password 401.
      case 401, 407 -> proxy.refused("does not lead to", answer + "; " + login(answer));
      case 502, 503, 504 -> proxy.refused("could not reach", answer.toString());
      default -> proxy.refused("does not lead to", answer.toString());
    };
  }

  private String login(ProxyResponses.Response answer) {
    if (!answer.isBasicAccepted()) {
      return "it does not take Basic, the only login offered here";
    }
    return via.credentials().isPresent()
        ? "it refused the user and password given"
        : "give it a user and password, as http://USER:PASSWORD@" + via.proxy();
  }
}
