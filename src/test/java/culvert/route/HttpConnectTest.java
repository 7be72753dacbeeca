package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class HttpConnectTest {

  private static final HostPort TARGET = new HostPort("tunnel.example.org", 7000);
  private static final String ANONYMOUS = "http://proxy:3128";
  private static final String AUTHENTICATED = "http://alice:hunter2@proxy:3128";
  private static final String PREFIX = "the proxy proxy:3128, asked for tunnel.example.org:7000, ";

  @Test
  void clientSendsConnectAndWaitsForTheResponse() throws Exception {
    ScriptedProxy.playTurns(
        through(ANONYMOUS),
        bytes(
            """
            CONNECT tunnel.example.org:7000 HTTP/1.1\r
            Host: tunnel.example.org:7000\r
            User-Agent: culvert\r
            \r
            """),
        bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
  }

  /** The user and password of RFC 7617, 2. */
  @Test
  void clientSendsCredentialsWithTheFirstRequest() throws Exception {
    ScriptedProxy.playTurns(
        through("http://Aladdin:open%20sesame@proxy"),
        bytes(
            """
            CONNECT tunnel.example.org:7000 HTTP/1.1\r
            Host: tunnel.example.org:7000\r
            User-Agent: culvert\r
            Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r
            \r
            """),
        bytes("HTTP/1.1 200 OK\r\n\r\n"));
  }

  /** The example of RFC 7617, 2.1. */
  @Test
  void credentialsAreEncodedInUtf8() throws Exception {
    var exchange = ScriptedProxy.with(through("http://test:123%C2%A3@proxy"), bytes(""));
    assertThat(exchange.sent()).asString().contains("Basic dGVzdDoxMjPCow==\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8::1, [2001:db8::1]:7000",
    "192.0.2.1, 192.0.2.1:7000",
    "localhost, localhost:7000",
    "bücher.example, bücher.example:7000"
  })
  void requestNamesTheTargetUnchanged(String host, String written) throws Exception {
    var transport =
        ProxyTransport.through(OutboundProxy.parse(ANONYMOUS), new HostPort(host, 7000));
    var exchange = ScriptedProxy.with(transport, bytes(""));
    assertThat(new String(exchange.sent(), StandardCharsets.UTF_8))
        .startsWith("CONNECT " + written + " HTTP/1.1\r\nHost: " + written + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 \r\n\r\n",
        "HTTP/1.1 200 \u0085\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 299 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n folded\r\n\0\u00ff: \r\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
      })
  void tunnelStartsRightAfterTheResponseHead(String head) throws Exception {
    // The first bytes of the tunnel arrive with the response and look like more of it.
    String early = "HTTP/1.1 403 Forbidden\r\n\r\n\n\0";
    var exchange = ScriptedProxy.with(through(ANONYMOUS), bytes(head + early));
    assertThat(exchange.failure()).isEmpty();
    assertThat(exchange.read()).isEqualTo(head.length());
    assertThat(exchange.tunnel()).isEqualTo(bytes(early));
  }

  @ParameterizedTest
  @CsvSource({
    "403 Forbidden, does not allow connections to T: 403 Forbidden; many proxies allow port 443"
        + " only",
    "405 Not Allowed, does not allow connections to T: 405 Not Allowed; many proxies allow port 443"
        + " only",
    "502 Bad Gateway, could not reach T: 502 Bad Gateway",
    "503 Service Unavailable, could not reach T: 503 Service Unavailable",
    "504 Gateway Timeout, could not reach T: 504 Gateway Timeout",
    "504, could not reach T: 504",
    "500 Unable to connect, refused to connect to T: 500 Unable to connect",
    "400 Bad Request, refused to connect to T: 400 Bad Request",
    "404 Not Found, refused to connect to T: 404 Not Found",
    "301 Moved, refused to connect to T: 301 Moved",
    "101 Switching Protocols, refused to connect to T: 101 Switching Protocols",
    "999 Odd, refused to connect to T: 999 Odd"
  })
  void refusalNamesProxyAndTarget(String status, String sentence) throws Exception {
    String head = "HTTP/1.1 " + status + "\r\nContent-Length: 9\r\n\r\n";
    var exchange = ScriptedProxy.withOpen(through(AUTHENTICATED), bytes(head + "some body"));
    assertThat(exchange.message())
        .isEqualTo("the proxy proxy:3128 " + sentence.replace(" T:", " tunnel.example.org:7000:"));
    assertThat(exchange.failure().orElseThrow()).isExactlyInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "401, WWW-Authenticate: Basic realm=\"a\"",
    "407, Proxy-Authenticate: Basic realm=\"a\"",
    "407, PROXY-AUTHENTICATE:basic",
    "407, 'Proxy-Authenticate: Negotiate, NTLM, Basic realm=\"a\"'",
    "407, 'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"a\"'",
    "407, X: y"
  })
  void refusalDistinguishesMissingFromRejectedCredentials(String status, String challenge)
      throws Exception {
    byte[] answer = bytes("HTTP/1.1 " + status + " Login\r\n" + challenge + "\r\n\r\n");
    String refused =
        "the proxy proxy:3128 refused to connect to tunnel.example.org:7000: "
            + status
            + " Login; ";
    assertThat(ScriptedProxy.withOpen(through(ANONYMOUS), answer).message())
        .isEqualTo(refused + "pass a user and password as http://USER:PASSWORD@proxy:3128");
    assertThat(ScriptedProxy.withOpen(through(AUTHENTICATED), answer).message())
        .isEqualTo(refused + "it rejected the user and password");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Negotiate", "NTLM", "Digest realm=\"a\"", "Basics", "Notbasic", ""})
  void refusalNamesBasicWhenProxyOffersOtherSchemesOnly(String challenge) throws Exception {
    byte[] answer = bytes("HTTP/1.1 407 Login\r\nProxy-Authenticate: " + challenge + "\r\n\r\n");
    for (String url : new String[] {ANONYMOUS, AUTHENTICATED}) {
      assertThat(ScriptedProxy.withOpen(through(url), answer).message())
          .endsWith(
              ": 407 Login; it does not accept Basic, the only authentication scheme supported");
    }
  }

  @Test
  void truncatedResponseIsAnEndOfFile() throws Exception {
    byte[] answer = bytes("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n");
    for (int length = 0; length < answer.length; length++) {
      var exchange = ScriptedProxy.with(through(ANONYMOUS), Arrays.copyOf(answer, length));
      assertThat(exchange.failure()).get().isInstanceOf(EOFException.class);
      assertThat(exchange.message())
          .as("cut at " + length)
          .isEqualTo(
              "the proxy proxy:3128 closed the connection before it responded for"
                  + " tunnel.example.org:7000");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2",
        "HTT ",
        "http/1.1 200 OK\r\n",
        "\r\nHTTP/1.1 200 OK\r\n",
        "\0",
        "\u0015\u0003\u0001\0\u0002\u0002\n",
        "HTTP\u0005"
      })
  void otherProtocolIsRejectedAtItsFirstBytes(String garbage) throws Exception {
    var exchange = ScriptedProxy.withOpen(through(ANONYMOUS), bytes(garbage));
    assertThat(exchange.message()).isEqualTo(PREFIX + "did not respond in HTTP");
    assertThat(exchange.failure()).get().isInstanceOf(ProtocolException.class);
  }

  @Test
  void socksProxyIsRecognized() throws Exception {
    assertThat(ScriptedProxy.withOpen(through(AUTHENTICATED), ScriptedProxy.hex("05 ff")).message())
        .isEqualTo(PREFIX + "is a SOCKS proxy: use socks5:// instead of http://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/2 200", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 000", "HTTP/1.1 2x0 OK",
        "HTTP/1.1  200 OK", "HTTP/1.1", "HTTP/", "HTTP/1.10 200 OK", "HTTP/1.1 200\tOK",
        "HTTP/1.1 \u0662\u0660\u0660 OK"
      })
  void malformedStatusLineIsAProtocolError(String line) throws Exception {
    var exchange = ScriptedProxy.withOpen(through(ANONYMOUS), bytes(line + "\r\n"));
    assertThat(exchange.message()).isEqualTo(PREFIX + "sent a malformed status line");
    assertThat(exchange.failure()).get().isInstanceOf(ProtocolException.class);
  }

  @Test
  void headOfMaximumSizeIsAcceptedAndALongerOneIsNotReadToItsEnd() throws Exception {
    String frame = "HTTP/1.1 200 OK\r\nA: " + "\r\n\r\n";
    String filler = "x".repeat(8192 - frame.length());
    String longest = frame.replace("A: ", "A: " + filler);
    var taken = ScriptedProxy.with(through(ANONYMOUS), bytes(longest + "tunnel"));
    assertThat(taken.failure()).isEmpty();
    assertThat(taken.tunnel()).asString().isEqualTo("tunnel");

    var refused = ScriptedProxy.with(through(ANONYMOUS), bytes(longest.replace("A: ", "A:  ")));
    assertThat(refused.message()).isEqualTo(PREFIX + "sent response heads of more than 8192 bytes");
    assertThat(refused.failure()).get().isInstanceOf(ProtocolException.class);
    assertThat(refused.read()).isEqualTo(8192);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK", "HTTP/1.1 200\r\nA: b"})
  void endlessResponseIsReadUpToTheLimit(String piece) throws Exception {
    byte[] answer = bytes(piece + "HTTP/1.1 100 Continue\r\n\r\n".repeat(500));
    if (!piece.endsWith("\r\n")) {
      answer = bytes(piece.repeat(1000));
    }
    assertThat(ScriptedProxy.withOpen(through(ANONYMOUS), answer).read()).isEqualTo(8192);
  }

  @ParameterizedTest
  @CsvSource({
    "'\u001b[31mred\u0007\t\0\u007f', '?[31mred????'",
    "'caf\u00e9 \u0085', caf? ?",
    "'  spaces  ', spaces"
  })
  void reasonShowsPrintableCharactersOnly(String reason, String shown) throws Exception {
    byte[] answer = bytes("HTTP/1.1 500 " + reason + "\r\n\r\n");
    assertThat(ScriptedProxy.withOpen(through(ANONYMOUS), answer).message())
        .endsWith(": 500 " + shown);
  }

  private static Transport through(String url) {
    return ProxyTransport.through(OutboundProxy.parse(url), TARGET);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
