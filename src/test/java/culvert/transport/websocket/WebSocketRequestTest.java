package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.WebSocketSettings;
import culvert.net.Connection;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.testing.MemoryPipe;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that the server side accepts, and its responses to invalid ones. */
@Timeout(60)
class WebSocketRequestTest {

  private static final String GOOD =
      """
      GET /tunnel HTTP/1.1\r
      Host: server.example.com\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      Sec-WebSocket-Version: 13\r
      \r
      """;

  private static final String SWITCHING =
      """
      HTTP/1.1 101 Switching Protocols\r
      Server: culvert\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
      \r
      """;

  /**
   * The result of a request.
   *
   * @param connection the connection, if the request was accepted
   * @param failure the exception, if it was not
   * @param response the response to the client
   */
  private record Result(Connection connection, IOException failure, String response) {}

  private static Result send(String request) throws IOException {
    return send(WebSocketBehavior.NATIVE, request.getBytes(StandardCharsets.ISO_8859_1), 4096);
  }

  /**
   * Sends the request and half-closes; the server reads at most {@code maxPerRead} bytes at once.
   */
  private static Result send(WebSocketBehavior behavior, byte[] request, int maxPerRead)
      throws IOException {
    var pipe = new MemoryPipe(64 * 1024, maxPerRead);
    var settings = new WebSocketSettings("/tunnel", Optional.empty());
    pipe.near().output().write(request);
    pipe.near().closeOutput();
    Connection connection = null;
    IOException failure = null;
    try {
      connection =
          new WebSocketServer(settings, PeerNames.ORIGIN_PROXY, behavior, WebSocketPair.POOL)
              .wrap(pipe.far());
    } catch (IOException e) {
      failure = e;
    }
    pipe.far().closeOutput();
    String response = new String(pipe.near().input().readAllBytes(), StandardCharsets.ISO_8859_1);
    return new Result(connection, failure, response);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4096})
  void requestOfTheSpecificationIsAccepted(int maxPerRead) throws Exception {
    Result result = send(WebSocketBehavior.NATIVE, GOOD.getBytes(), maxPerRead);
    assertThat(result.failure()).isNull();
    assertThat(result.response()).isEqualTo(SWITCHING);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "Connection: Upgrade => connection: keep-alive, UPGRADE",
        "Connection: Upgrade => Connection: keep-alive|Connection: upgrade",
        "Upgrade: websocket => UPGRADE:   WebSocket  ",
        "Upgrade: websocket => Upgrade: h2c, websocket",
        "GET /tunnel HTTP => GET /tunnel?a=b?c HTTP",
        "Host: server.example.com => Host:",
        "Sec-WebSocket-Version: 13 => Sec-WebSocket-Version: 13|Content-Length: 0",
        "Sec-WebSocket-Version: 13 => Sec-WebSocket-Version: 13|Cookie: ä=\"b\"; c=d",
        "Sec-WebSocket-Version: 13 => Sec-WebSocket-Version: 13|Sec-WebSocket-Protocol: chat",
        "Sec-WebSocket-Version: 13 => Sec-WebSocket-Version: 13|Sec-WebSocket-Extensions: x",
        "Sec-WebSocket-Version: 13 => Sec-WebSocket-Version: 13|X-Forwarded-For: 1.2.3.4",
      })
  void equivalentRequestIsAccepted(String line, String instead) throws Exception {
    Result result = send(GOOD.replace(line, instead.replace("|", "\r\n")));
    assertThat(result.failure()).isNull();
    assertThat(result.response()).isEqualTo(SWITCHING);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "tunnel HTTP => 404 Not Found => There is nothing at this path. => "
            + "path '/other' requested, '/tunnel' expected => other HTTP",
        "tunnel HTTP => 404 Not Found => There is nothing at this path. => "
            + "path '/tunnel/' requested, '/tunnel' expected => tunnel/ HTTP",
        "Version: 13 => 426 Upgrade Required => Only WebSocket version 13 is supported. => "
            + "Only WebSocket version 13 is supported. => Version: 8",
        "Sec-WebSocket-Version: 13 => 426 Upgrade Required => "
            + "Only WebSocket version 13 is supported. => "
            + "Only WebSocket version 13 is supported. => X: y",
        "b25jZQ== => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => b25jZTE=",
        "b25jZQ== => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => b25jZQ",
        "Sec-WebSocket-Key:  => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => X: ",
        "Version: 13 => 403 Forbidden => Requests from web pages are not allowed. => Requests from"
            + " web pages are not allowed. => Version: 13|Origin: https://evil.example",
        "HTTP/1.1 => 505 HTTP Version Not Supported => "
            + "Only HTTP/1.1 is supported; a proxy in front must use it (nginx:"
            + " proxy_http_version 1.1). => "
            + "Only HTTP/1.1 is supported; a proxy in front must use it (nginx:"
            + " proxy_http_version 1.1). => HTTP/1.0",
      })
  void invalidWebSocketRequestIsAnsweredAndReported(
      String line, String status, String text, String detail, String instead) throws Exception {
    String request = GOOD.replace(line, instead.replace("|", "\r\n"));
    Result result = send(request);
    assertThat(result.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("an invalid WebSocket request, answered " + status + ": " + detail);
    assertThat(result.response())
        .startsWith("HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\n")
        .contains("Content-Length: " + (text.length() + 1) + "\r\nConnection: close\r\n")
        .endsWith("\r\n\r\n" + text + "\n");
  }

  @Test
  void responseNamesTheSupportedVersionAndMethod() throws Exception {
    assertThat(send(GOOD.replace("n: 13", "n: 7")).response())
        .contains("\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
    assertThat(send("POST /tunnel HTTP/1.1\r\n\r\n").response()).contains("\r\nAllow: GET\r\n\r\n");
  }

  @Test
  void requestWithUpgradeButWithoutConnectionIsExplained() throws Exception {
    String text =
        "This is a tunnel's control port and expects WebSocket; a proxy in front of it must forward"
            + " Upgrade and Connection.";
    Result half = send(GOOD.replace("Connection: Upgrade", "Connection: close"));
    assertThat(half.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("an invalid WebSocket request, answered 426 Upgrade Required: " + text);
    assertThat(half.response()).startsWith("HTTP/1.1 426 ").endsWith(text + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "GET / HTTP/1.1|Host: a => 404 Not Found",
        "GET /tunnel HTTP/1.1|Host: a|User-Agent: Mozilla/5.0|Accept: */* => 426 Upgrade Required",
        "GET /tunnel HTTP/1.0|Host: a => 505 HTTP Version Not Supported",
        "HEAD / HTTP/1.1|Host: a => 405 Method Not Allowed",
        "POST /tunnel HTTP/1.1|Host: a|Content-Length: 3 => 405 Method Not Allowed",
        "OPTIONS * HTTP/1.1|Host: a => 405 Method Not Allowed",
        "CONNECT a:443 HTTP/1.1|Host: a => 405 Method Not Allowed",
        "PRI * HTTP/2.0 => 405 Method Not Allowed",
      })
  void otherHttpClientReceivesAnExplanation(String head, String status) throws Exception {
    Result result = send(head.replace("|", "\r\n") + "\r\n\r\n");
    assertThat(result.failure())
        .isInstanceOfSatisfying(
            ForeignPeerException.class,
            e -> {
              assertThat(e.peer()).isEqualTo(ForeignPeer.HTTP);
              assertThat(e.answer()).as("response left to send").isEmpty();
            })
        .hasMessage("this is an HTTP client, not a WebSocket client");
    assertThat(result.response()).startsWith("HTTP/1.1 " + status + "\r\n").endsWith(".\n");
  }

  @ParameterizedTest
  @CsvSource({
    "SSH-2.0-OpenSSH, SSH",
    "16030100c8010000, TLS",
    "0000000000deadbe, RATHOLE",
    "PROXY TCP4 , PROXY",
    "CULVERT\\n, CULVERT",
    "whatever, UNKNOWN",
    "G, UNKNOWN_BUT_CUT"
  })
  void otherProtocolIsIdentifiedAndAnsweredOnceInItsOwnFormat(String first, String expected)
      throws Exception {
    byte[] bytes =
        first.matches("[0-9a-f]{16}")
            ? java.util.HexFormat.of().parseHex(first)
            : first.replace("\\n", "\n").getBytes();
    Result result = send(WebSocketBehavior.NATIVE, bytes, 1);
    if (expected.equals("UNKNOWN_BUT_CUT")) {
      assertThat(result.failure()).isInstanceOf(EOFException.class);
      return;
    }
    ForeignPeer peer = ForeignPeer.valueOf(expected);
    assertThat(result.failure())
        .isInstanceOfSatisfying(
            ForeignPeerException.class,
            e -> {
              assertThat(e.peer()).isEqualTo(peer);
              assertThat(e.answer()).isEmpty();
            });
    assertThat(result.response()).isEqualTo(new String(peer.answer(), StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "GET /tunnel HTTP/1.1 => GET  /tunnel HTTP/1.1 => "
            + "a malformed HTTP request line 'GET  /tunnel HTTP/1.1'",
        "GET /tunnel HTTP/1.1 => GET /tunnel => a malformed HTTP request line 'GET /tunnel'",
        "GET /tunnel HTTP/1.1 => GET /tun nel HTTP/1.1 => "
            + "a malformed HTTP request line 'GET /tun nel HTTP/1.1'",
        "GET /tunnel HTTP/1.1 => GET /tunnel http/1.1 => "
            + "a malformed HTTP request line 'GET /tunnel http/1.1'",
        "Host: server.example.com => X: y => an HTTP request without a Host field",
        "Host: server => Host: other|Host: server => more than one HTTP header field host",
        "Upgrade: websocket => Upgrade : websocket => "
            + "a malformed HTTP header line 'Upgrade : websocket'",
        "Version: 13 => Version: 13|Content-Length: 5 => "
            + "an HTTP request with a body, which is not allowed here",
        "Version: 13 => Version: 13|Transfer-Encoding: chunked => "
            + "an HTTP request with a body, which is not allowed here",
        "Version: 13 => Version: 13|Content-Length: 0|Content-Length: 0 => "
            + "more than one HTTP header field content-length",
        "Version: 13 => Version: 13|Sec-WebSocket-Version: 13 => "
            + "more than one HTTP header field sec-websocket-version",
        "Version: 13 => Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== => "
            + "more than one HTTP header field sec-websocket-key",
      })
  void malformedRequestIsRejected(String line, String instead, String message) throws Exception {
    String request = GOOD.replace(line, instead.replace("|", "\r\n"));
    assertThat(request).isNotEqualTo(GOOD);
    Result result = send(request);
    assertThat(result.failure()).isInstanceOf(ProtocolException.class).hasMessage(message);
    assertThat(result.response())
        .startsWith("HTTP/1.1 400 Bad Request\r\n")
        .endsWith("\r\n\r\nThe request is malformed.\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4096})
  void bytesAfterTheHeadAreNotLost(int maxPerRead) throws Exception {
    byte[] head = GOOD.getBytes();
    byte[] frames = RawWebSocket.frame(0x82, "early".getBytes());
    byte[] close = RawWebSocket.frame(0x88);
    for (int cut = 0; cut <= frames.length; cut++) {
      byte[] all = Arrays.copyOf(head, head.length + frames.length + close.length);
      System.arraycopy(frames, 0, all, head.length, frames.length);
      System.arraycopy(close, 0, all, head.length + frames.length, close.length);
      Result result = send(WebSocketBehavior.NATIVE, all, maxPerRead);
      assertThat(result.connection().input().readAllBytes()).isEqualTo("early".getBytes());
    }
  }

  @Test
  void truncatedRequestIsAnEndOfFile() throws Exception {
    for (int length = 0; length < GOOD.length(); length++) {
      Result result = send(GOOD.substring(0, length));
      assertThat(result.failure()).as("%d bytes", length).isInstanceOf(EOFException.class);
      assertThat(result.response()).isEmpty();
    }
    assertThat(send("").failure()).hasMessage("closed before a first byte");
    assertThat(send("GET /").failure())
        .hasMessage("the peer closed the connection within an HTTP head");
  }

  /** Every request is accepted or fails with one of the known exceptions. */
  @Test
  void requestWithAnyFlippedBitIsAcceptedOrRejected() throws Exception {
    byte[] good = GOOD.getBytes();
    int accepted = 0;
    for (int bit = 0; bit < 8 * good.length; bit++) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Result result = send(WebSocketBehavior.NATIVE, flipped, 4096);
      if (result.failure() == null) {
        accepted++;
        assertThat(result.response()).as("bit %d", bit).startsWith("HTTP/1.1 101 ");
      } else {
        assertThat(result.failure())
            .as("bit %d", bit)
            .isInstanceOfAny(
                ProtocolException.class, ForeignPeerException.class, EOFException.class);
      }
    }
    // Accepted are changes of letter case, of the host name and of bits of the key.
    assertThat(accepted).isBetween(100, 500);
  }

  /** rathole always requests "/" and aborts when it is refused. */
  @Test
  void ratholeBehaviorAcceptsAnyPath() throws Exception {
    for (String path : new String[] {"/tunnel", "/", "/any?x"}) {
      Result result =
          send(WebSocketBehavior.RATHOLE, GOOD.replace("/tunnel", path).getBytes(), 4096);
      assertThat(result.response()).isEqualTo(SWITCHING);
    }
  }
}
