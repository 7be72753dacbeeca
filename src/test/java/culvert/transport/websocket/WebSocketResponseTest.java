package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.WebSocketSettings;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.ForeignPeer;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.MemoryPipe;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The request of the client side, and its handling of responses. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class WebSocketResponseTest {

  private static final String GOOD =
      """
      HTTP/1.1 101 Switching Protocols\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Accept: ACCEPT\r
      \r
      """;

  private final Transport client =
      new WebSocketClient(
          new WebSocketSettings("/tunnel", Optional.of("front.example")),
          new HostPort("127.0.0.1", 9000),
          PeerNames.REMOTE_PROXY,
          false,
          WebSocketBehavior.NATIVE,
          WebSocketPair.POOL);

  private String request;

  /**
   * Connects to a server that sends this response, with the right accept value, and half-closes.
   */
  private Connection connect(String response) throws Exception {
    return connect(accept -> response.replace("ACCEPT", accept), 4096);
  }

  private Connection connect(UnaryOperator<String> byAccept, int maxPerRead) throws Exception {
    var pipe = new MemoryPipe(64 * 1024, maxPerRead);
    Thread server = Threads.start("scripted server", () -> respond(pipe.far(), byAccept));
    try {
      return client.wrap(pipe.near());
    } finally {
      server.join();
    }
  }

  private void respond(Connection connection, UnaryOperator<String> byAccept) {
    try {
      request = RawWebSocket.head(connection.input());
      String key = request.split("Sec-WebSocket-Key: |\r\n\r\n")[1];
      String response = byAccept.apply(WebSocketKey.accept(key));
      connection.output().write(response.getBytes(StandardCharsets.ISO_8859_1));
      connection.closeOutput();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRejected(String response, Class<? extends IOException> type, String message) {
    assertThatThrownBy(() -> connect(response)).isExactlyInstanceOf(type).hasMessage(message);
  }

  @Test
  void requestFollowsTheSpecification() throws Exception {
    connect(GOOD);
    assertThat(request)
        .matches(
            """
            GET /tunnel HTTP/1.1\r
            Host: front.example\r
            User-Agent: culvert\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r
            \r
            """);
    String first = request;
    connect(GOOD);
    assertThat(request).as("a new key for each request").isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4096})
  void responseInPiecesIsAccepted(int maxPerRead) throws Exception {
    UnaryOperator<String> response =
        accept -> GOOD.replace("ACCEPT", accept) + "\u0082\u0003abc\u0088\u0000";
    assertThat(connect(response, maxPerRead).input().readAllBytes()).isEqualTo("abc".getBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101\r\nUPGRADE: WebSocket\r\nconnection: x, upgrade\r\n"
            + "sec-websocket-accept: ACCEPT\r\n\r\n",
        "HTTP/1.1 101 Go\r\nServer: nginx\r\nDate: now\r\nUpgrade: websocket\r\n"
            + "Connection: upgrade\r\nSec-WebSocket-Accept:ACCEPT\r\n\r\n"
      })
  void equivalentResponseIsAccepted(String response) throws Exception {
    assertThat(connect(response)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "Upgrade: websocket => Upgrade: h2c => the remote proxy switched to a protocol other"
            + " than WebSocket",
        "Upgrade: websocket => X: y => the remote proxy switched to a protocol other than"
            + " WebSocket",
        "Connection: Upgrade => Connection: close => the remote proxy switched to a protocol"
            + " other than WebSocket",
        "ACCEPT => s3pPLMBiTxaQ9kYGzzhZRbK+xOo= => "
            + "the remote proxy's Sec-WebSocket-Accept does not match the key",
        "ACCEPT => ACCEPTx => the remote proxy's Sec-WebSocket-Accept does not match the" + " key",
        "Sec-WebSocket-Accept => X => the remote proxy's Sec-WebSocket-Accept does not match"
            + " the key",
        "Connection: => Sec-WebSocket-Extensions: permessage-deflate|Connection: => "
            + "the remote proxy sent sec-websocket-extensions, which was not requested",
        "Connection: => Sec-WebSocket-Protocol: chat|Connection: => "
            + "the remote proxy sent sec-websocket-protocol, which was not requested",
      })
  void invalidSwitchIsRejected(String line, String instead, String message) {
    assertRejected(
        GOOD.replace(line, instead.replace("|", "\r\n")), ProtocolException.class, message);
  }

  @Test
  void duplicateAcceptFieldIsRejected() {
    assertRejected(
        GOOD.replace("Connection", "Sec-WebSocket-Accept: ACCEPT\r\nConnection"),
        ProtocolException.class,
        "more than one HTTP header field sec-websocket-accept");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "200 OK => is '/tunnel' its --ws-path?",
        "204 => is '/tunnel' its --ws-path?",
        "301 Moved Permanently => "
            + "it redirects to 'https://a.example/'; use that address if it is the right one",
        "400 Bad Request => do both sides use the same --transport?",
        "401 Unauthorized => an intermediary requires authentication, which is not supported",
        "403 Forbidden => an intermediary denies access from this address",
        "404 Not Found => is '/tunnel' its --ws-path?",
        "426 Upgrade Required => does a proxy in front of it forward Upgrade and Connection?",
        "429 Too Many Requests => "
            + "an intermediary limits the request rate; the next attempt comes later",
        "502 Bad Gateway => is it running behind the proxy in front of it, with path '/tunnel'?",
        "503 Service Unavailable => "
            + "is it running behind the proxy in front of it, with path '/tunnel'?",
        "504 Gateway Time-out => is it running behind the proxy in front of it, with path"
            + " '/tunnel'?",
      })
  void otherStatusIsExplained(String status, String hint) {
    assertRejected(
        "HTTP/1.1 " + status + "\r\nLocation: https://a.example/\r\n\r\n",
        IOException.class,
        "the remote proxy answered " + status + " instead of opening a WebSocket: " + hint);
  }

  @Test
  void responseOfAControlPortWithAnotherTransportIsShown() {
    assertRejected(
        new String(ForeignPeer.HTTP.answer(), StandardCharsets.US_ASCII),
        IOException.class,
        "the remote proxy answered 400 Bad Request instead of opening a WebSocket: do both sides"
            + " use the same --transport?; response: 'This is a tunnel's control port; it does not"
            + " serve HTTP.'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "Content-Type: text/plain|Content-Length: 5||hello => hello",
        "Content-Type: text/plain; charset=utf-8|Content-Length: 5||hello => hello",
        "Content-Type: text/plain|Content-Length: 3||hello => hel",
        "Content-Type: text/plain|Connection: close||one<10>two => one",
        "Content-Type: text/plain|Connection: close||<27>[2J<0> => ?[2J?",
      })
  void firstLineOfAPlainTextBodyIsShown(String body, String shown) {
    String response = "HTTP/1.1 418 X\r\n" + unescape(body);
    assertThatThrownBy(() -> connect(response))
        .hasMessageEndingWith("--ws-path?; response: '" + shown + "'");
  }

  @Test
  void longLineIsTruncated() {
    String response =
        "HTTP/1.1 418 "
            + "r".repeat(500)
            + "\r\nContent-Type: text/plain\r\n"
            + "Connection: close\r\n\r\n"
            + "x".repeat(20_000);
    assertRejected(
        response,
        IOException.class,
        "the remote proxy answered 418 "
            + "r".repeat(80)
            + "... instead of opening a WebSocket: is"
            + " '/tunnel' its --ws-path?; response: '"
            + "x".repeat(80)
            + "...'");
  }

  /** The end of such a body may never come, so the client does not wait for it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: text/html|Content-Length: 9||<html>",
        "Content-Type: text/plain||hello",
        "Content-Type: text/plain|Connection: close|Transfer-Encoding: chunked||5|hello",
        "Content-Type: text/plain|Content-Length: x||hello"
      })
  void otherBodyIsNotShown(String fields) throws Exception {
    var pipe = new MemoryPipe(64 * 1024, 1);
    pipe.far().output().write(("HTTP/1.1 404 No\r\n" + unescape(fields)).getBytes());
    assertThatThrownBy(() -> client.wrap(pipe.near()))
        .hasMessage(
            "the remote proxy answered 404 No instead of opening a WebSocket: is '/tunnel' its"
                + " --ws-path?");
  }

  private static String unescape(String text) {
    return text.replace("|", "\r\n")
        .replace("<10>", "\n")
        .replace("<27>", "\u001b")
        .replace("<0>", "\0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "SSH-2.0-OpenSSH_9.2| => the server at this address does not use HTTP, which WebSocket"
            + " requires",
        "220 mail.example ESMTP| => the server at this address does not use HTTP, which WebSocket"
            + " requires",
        "x => the server at this address does not use HTTP, which WebSocket requires",
        "<21><3><1><0><2><2> => the server at this address uses TLS and this side does not",
        "HTTP/2.0 101 Yes|| => the server at this address does not use HTTP/1.1: 'HTTP/2.0 101"
            + " Yes'",
        "HTTP/1.0 101 Yes|| => "
            + "the remote proxy answered 101 Yes instead of opening a WebSocket: is '/tunnel' its"
            + " --ws-path?",
        "HTTP/1.1 1010|| => the server at this address does not use HTTP/1.1: 'HTTP/1.1 1010'",
        "HTTP/1.1 101 A| B: c|| => a malformed HTTP header line 'B: c'",
      })
  void otherProtocolIsReported(String response, String message) {
    String bytes =
        unescape(response)
            .replace("<21>", "\u0015")
            .replace("<1>", "\1")
            .replace("<2>", "\2")
            .replace("<3>", "\3");
    assertThatThrownBy(() -> connect(bytes)).isInstanceOf(IOException.class).hasMessage(message);
  }

  @Test
  void truncatedResponseIsAnEndOfFile() throws Exception {
    int length = GOOD.replace("ACCEPT", WebSocketKey.accept("x")).length();
    for (int i = 0; i < length; i++) {
      int cut = i;
      assertThatThrownBy(
              () -> connect(accept -> GOOD.replace("ACCEPT", accept).substring(0, cut), 4096))
          .as("%d bytes", i)
          .isInstanceOf(EOFException.class);
    }
    assertRejected(
        "",
        EOFException.class,
        "the remote proxy closed the connection instead of opening a WebSocket");
    assertRejected(
        "HTTP/1.1", EOFException.class, "the peer closed the connection within an HTTP head");
  }

  @Test
  void responseWithAnyFlippedBitIsAcceptedOrRejected() throws Exception {
    int length = GOOD.replace("ACCEPT", WebSocketKey.accept("x")).length();
    int accepted = 0;
    for (int bit = 0; bit < 8 * length; bit++) {
      int at = bit;
      try {
        connect(accept -> flip(GOOD.replace("ACCEPT", accept), at), 4096);
        accepted++;
      } catch (IOException e) {
        assertThat(e.getMessage()).as("bit %d", bit).matches("[ -~]+");
      }
    }
    // Accepted are changes of the reason phrase and of letter case, none of the accept value.
    assertThat(accepted).isBetween(50, 250);
  }

  private static String flip(String text, int bit) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    bytes[bit / 8] ^= (byte) (1 << bit % 8);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
