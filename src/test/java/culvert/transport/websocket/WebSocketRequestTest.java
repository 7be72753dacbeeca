package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/** What the accepting side makes of requests, and how it answers wrong ones. */
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
   * What came of a request.
   *
   * @param connection if it was taken
   * @param failure if it was not
   * @param answer to the client
   */
  private record Asked(Connection connection, IOException failure, String answer) {}

  private static Asked ask(String request) throws IOException {
    return ask(WebSocketBehavior.NATIVE, request.getBytes(StandardCharsets.ISO_8859_1), 4096);
  }

  /** The client says all of this and half-closes; the server gets it in such pieces. */
  private static Asked ask(WebSocketBehavior dialect, byte[] request, int maxPerRead)
      throws IOException {
    var pipe = new MemoryPipe(64 * 1024, maxPerRead);
    var settings = new WebSocketSettings("/tunnel", Optional.empty());
    pipe.near().output().write(request);
    pipe.near().closeOutput();
    Connection connection = null;
    IOException failure = null;
    try {
      connection =
          new WebSocketServer(settings, PeerNames.ORIGIN_PROXY, dialect, WebSocketPair.POOL)
              .wrap(pipe.far());
    } catch (IOException e) {
      failure = e;
    }
    pipe.far().closeOutput();
    String answer = new String(pipe.near().input().readAllBytes(), StandardCharsets.ISO_8859_1);
    return new Asked(connection, failure, answer);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4096})
  void theRequestOfTheSpecificationIsTaken(int maxPerRead) throws Exception {
    Asked asked = ask(WebSocketBehavior.NATIVE, GOOD.getBytes(), maxPerRead);
    assertThat(asked.failure()).isNull();
    assertThat(asked.answer()).isEqualTo(SWITCHING);
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
  void otherWaysToWriteItAreTakenToo(String line, String instead) throws Exception {
    Asked asked = ask(GOOD.replace(line, instead.replace("|", "\r\n")));
    assertThat(asked.failure()).isNull();
    assertThat(asked.answer()).isEqualTo(SWITCHING);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "tunnel HTTP => 404 Not Found => There is nothing at this path. => "
            + "it is for '/other', not for '/tunnel' => other HTTP",
        "tunnel HTTP => 404 Not Found => There is nothing at this path. => "
            + "it is for '/tunnel/', not for '/tunnel' => tunnel/ HTTP",
        "Version: 13 => 426 Upgrade Required => Only version 13 of WebSocket is spoken here. => "
            + "Only version 13 of WebSocket is spoken here. => Version: 8",
        "Sec-WebSocket-Version: 13 => 426 Upgrade Required => "
            + "Only version 13 of WebSocket is spoken here. => "
            + "Only version 13 of WebSocket is spoken here. => X: y",
        "b25jZQ== => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => b25jZTE=",
        "b25jZQ== => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => b25jZQ",
        "Sec-WebSocket-Key:  => 400 Bad Request => Sec-WebSocket-Key is not 16 bytes in base64. => "
            + "Sec-WebSocket-Key is not 16 bytes in base64. => X: ",
        "Version: 13 => 403 Forbidden => This is not for web pages. => "
            + "This is not for web pages. => Version: 13|Origin: https://evil.example",
        "HTTP/1.1 => 505 HTTP Version Not Supported => "
            + "This speaks HTTP/1.1 only, and so must a proxy in front (nginx:"
            + " proxy_http_version 1.1). => "
            + "This speaks HTTP/1.1 only, and so must a proxy in front (nginx:"
            + " proxy_http_version 1.1). => HTTP/1.0",
      })
  void aWrongRequestForAWebSocketIsAnsweredAndNamed(
      String line, String status, String words, String detail, String instead) throws Exception {
    String request = GOOD.replace(line, instead.replace("|", "\r\n"));
    Asked asked = ask(request);
    assertThat(asked.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a wrong WebSocket request, answered " + status + ": " + detail);
    assertThat(asked.answer())
        .startsWith("HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\n")
        .contains("Content-Length: " + (words.length() + 1) + "\r\nConnection: close\r\n")
        .endsWith("\r\n\r\n" + words + "\n");
  }

  @Test
  void anAnswerSaysWhatWouldBeRight() throws Exception {
    assertThat(ask(GOOD.replace("n: 13", "n: 7")).answer())
        .contains("\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
    assertThat(ask("POST /tunnel HTTP/1.1\r\n\r\n").answer()).contains("\r\nAllow: GET\r\n\r\n");
  }

  @Test
  void aProxyThatPassesOnHalfOfItIsToldSo() throws Exception {
    String words =
        "This is a tunnel's control port and speaks WebSocket; a proxy in front of it must pass on"
            + " Upgrade and Connection.";
    Asked half = ask(GOOD.replace("Connection: Upgrade", "Connection: close"));
    assertThat(half.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a wrong WebSocket request, answered 426 Upgrade Required: " + words);
    assertThat(half.answer()).startsWith("HTTP/1.1 426 ").endsWith(words + "\n");
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
  void browsersAndScannersGetAFriendlyWord(String head, String status) throws Exception {
    Asked asked = ask(head.replace("|", "\r\n") + "\r\n\r\n");
    assertThat(asked.failure())
        .isInstanceOfSatisfying(
            ForeignPeerException.class,
            e -> {
              assertThat(e.peer()).isEqualTo(ForeignPeer.HTTP);
              assertThat(e.answer()).as("what is left to say").isEmpty();
            })
        .hasMessage("this is an HTTP client, not a WebSocket client");
    assertThat(asked.answer()).startsWith("HTTP/1.1 " + status + "\r\n").endsWith(".\n");
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
  void otherProtocolsAreNamedAndAnsweredOnceInTheirOwnWords(String first, String who)
      throws Exception {
    byte[] bytes =
        first.matches("[0-9a-f]{16}")
            ? java.util.HexFormat.of().parseHex(first)
            : first.replace("\\n", "\n").getBytes();
    Asked asked = ask(WebSocketBehavior.NATIVE, bytes, 1);
    if (who.equals("UNKNOWN_BUT_CUT")) {
      assertThat(asked.failure()).isInstanceOf(EOFException.class);
      return;
    }
    ForeignPeer peer = ForeignPeer.valueOf(who);
    assertThat(asked.failure())
        .isInstanceOfSatisfying(
            ForeignPeerException.class,
            e -> {
              assertThat(e.peer()).isEqualTo(peer);
              assertThat(e.answer()).isEmpty();
            });
    assertThat(asked.answer()).isEqualTo(new String(peer.answer(), StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "GET /tunnel HTTP/1.1 => GET  /tunnel HTTP/1.1 => "
            + "a malformed HTTP request 'GET  /tunnel HTTP/1.1'",
        "GET /tunnel HTTP/1.1 => GET /tunnel => a malformed HTTP request 'GET /tunnel'",
        "GET /tunnel HTTP/1.1 => GET /tun nel HTTP/1.1 => "
            + "a malformed HTTP request 'GET /tun nel HTTP/1.1'",
        "GET /tunnel HTTP/1.1 => GET /tunnel http/1.1 => "
            + "a malformed HTTP request 'GET /tunnel http/1.1'",
        "GET /tunnel => GET /tün<0>nel => "
            + "an HTTP head whose first line holds a control character",
        "Host: server.example.com => X: y => an HTTP request without a Host",
        "Host: server => Host: other|Host: server => an HTTP head with more than one host",
        "Upgrade: websocket => Upgrade : websocket => "
            + "an HTTP head with the malformed line 'Upgrade : websocket'",
        "Upgrade: websocket => Upgrade: websocket| folded => "
            + "an HTTP head with the malformed line 'folded'",
        "Upgrade: websocket => : websocket => "
            + "an HTTP head with the malformed line ': websocket'",
        "Upgrade: websocket => Upgrade: web<0>socket => "
            + "an HTTP head with the malformed line 'Upgrade: web?socket'",
        "Upgrade: websocket => Upgrade: web<13>socket => "
            + "an HTTP head with the malformed line 'Upgrade: web?socket'",
        "Upgrade: websocket => Upgräde: websocket => "
            + "an HTTP head with the malformed line 'Upgr?de: websocket'",
        "Upgrade: websocket => Upgrade => an HTTP head with the malformed line 'Upgrade'",
        "Upgrade: websocket| => Upgrade: websocket<10> => "
            + "an HTTP head with a line that does not end in CR LF",
        "Version: 13 => Version: 13|Content-Length: 5 => "
            + "an HTTP request with a body, where none belongs",
        "Version: 13 => Version: 13|Transfer-Encoding: chunked => "
            + "an HTTP request with a body, where none belongs",
        "Version: 13 => Version: 13|Content-Length: 0|Content-Length: 0 => "
            + "an HTTP head with more than one content-length",
        "Version: 13 => Version: 13|Sec-WebSocket-Version: 13 => "
            + "an HTTP head with more than one sec-websocket-version",
        "Version: 13 => Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== => "
            + "an HTTP head with more than one sec-websocket-key",
      })
  void aMalformedRequestIsRefused(String line, String instead, String sentence) throws Exception {
    String request = GOOD.replace(crlf(line), crlf(instead));
    assertThat(request).isNotEqualTo(GOOD);
    Asked asked = ask(request);
    assertThat(asked.failure()).isInstanceOf(ProtocolException.class).hasMessage(sentence);
    assertThat(asked.answer())
        .startsWith("HTTP/1.1 400 Bad Request\r\n")
        .endsWith("\r\n\r\nThe request is malformed.\n");
  }

  private static String crlf(String text) {
    return text.replace("|", "\r\n")
        .replace("<0>", "\0")
        .replace("<13>", "\r")
        .replace("<10>", "\n");
  }

  @Test
  void aHeadHasUpTo8Kibibytes() throws Exception {
    String filler = "X: " + "y".repeat(8192 - GOOD.length() - 5) + "\r\n";
    String longest = GOOD.replace("Upgrade: ", filler + "Upgrade: ");
    assertThat(longest).hasSize(8192);
    assertThat(ask(longest).answer()).isEqualTo(SWITCHING);
    Asked longer = ask(longest.replace("X: ", "X: y"));
    assertThat(longer.failure())
        .isInstanceOf(ProtocolException.class)
        .hasMessage("an HTTP head of more than 8192 bytes");
    assertThat(longer.answer()).startsWith("HTTP/1.1 400 ");
  }

  /** A flood of bytes is not read, and least of all held. */
  @Test
  void noMoreThanThatIsRead() throws Exception {
    var pipe = new MemoryPipe(64 * 1024, 64 * 1024);
    pipe.near().output().write("GET /".getBytes());
    pipe.near().output().write(new byte[60_000]);
    assertThatThrownBy(() -> WebSocketPair.server(WebSocketBehavior.NATIVE).wrap(pipe.far()))
        .hasMessage("an HTTP head of more than 8192 bytes");
    assertThat(pipe.far().received()).isEqualTo(8192);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4096})
  void whatComesBehindTheHeadIsNotLost(int maxPerRead) throws Exception {
    byte[] head = GOOD.getBytes();
    byte[] frames = RawWebSocket.frame(0x82, "early".getBytes());
    byte[] close = RawWebSocket.frame(0x88);
    for (int cut = 0; cut <= frames.length; cut++) {
      byte[] all = Arrays.copyOf(head, head.length + frames.length + close.length);
      System.arraycopy(frames, 0, all, head.length, frames.length);
      System.arraycopy(close, 0, all, head.length + frames.length, close.length);
      Asked asked = ask(WebSocketBehavior.NATIVE, all, maxPerRead);
      assertThat(asked.connection().input().readAllBytes()).isEqualTo("early".getBytes());
    }
  }

  @Test
  void noBeginningOfARequestIsEnough() throws Exception {
    for (int length = 0; length < GOOD.length(); length++) {
      Asked asked = ask(GOOD.substring(0, length));
      assertThat(asked.failure()).as("%d bytes", length).isInstanceOf(EOFException.class);
      assertThat(asked.answer()).isEmpty();
    }
    assertThat(ask("").failure()).hasMessage("closed before a first byte");
    assertThat(ask("GET /").failure())
        .hasMessage("the peer closed the connection within an HTTP head");
  }

  /** Whatever is taken in the end, nothing but the known kinds of answers comes of it. */
  @Test
  void everyFlippedBitIsTakenOrRefusedInOrder() throws Exception {
    byte[] good = GOOD.getBytes();
    int taken = 0;
    for (int bit = 0; bit < 8 * good.length; bit++) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Asked asked = ask(WebSocketBehavior.NATIVE, flipped, 4096);
      if (asked.failure() == null) {
        taken++;
        assertThat(asked.answer()).as("bit %d", bit).startsWith("HTTP/1.1 101 ");
      } else {
        assertThat(asked.failure())
            .as("bit %d", bit)
            .isInstanceOfAny(
                ProtocolException.class, ForeignPeerException.class, EOFException.class);
      }
    }
    // Cases, the name of the host, and bits of the key.
    assertThat(taken).isBetween(100, 500);
  }

  /** A real rathole asks for nothing but "/", and must not be refused (it would abort). */
  @Test
  void inRatholesDialectEveryPathIsTaken() throws Exception {
    for (String path : new String[] {"/tunnel", "/", "/any?x"}) {
      Asked asked = ask(WebSocketBehavior.RATHOLE, GOOD.replace("/tunnel", path).getBytes(), 4096);
      assertThat(asked.answer()).isEqualTo(SWITCHING);
    }
  }
}
