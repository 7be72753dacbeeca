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

/** What the dialling side asks, and what it makes of answers. */
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

  /** The server says this, with the right answer to the key in it, and half-closes. */
  private Connection answered(String answer) throws Exception {
    return answered(accept -> answer.replace("ACCEPT", accept), 4096);
  }

  private Connection answered(UnaryOperator<String> byAccept, int maxPerRead) throws Exception {
    var pipe = new MemoryPipe(64 * 1024, maxPerRead);
    Thread server = Threads.start("scripted server", () -> answer(pipe.far(), byAccept));
    try {
      return client.wrap(pipe.near());
    } finally {
      server.join();
    }
  }

  private void answer(Connection connection, UnaryOperator<String> byAccept) {
    try {
      request = RawWebSocket.head(connection.input());
      String key = request.split("Sec-WebSocket-Key: |\r\n\r\n")[1];
      String answer = byAccept.apply(WebSocketKey.accept(key));
      connection.output().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      connection.closeOutput();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void refused(String answer, Class<? extends IOException> type, String sentence) {
    assertThatThrownBy(() -> answered(answer)).isExactlyInstanceOf(type).hasMessage(sentence);
  }

  @Test
  void theRequestIsThatOfTheSpecification() throws Exception {
    answered(GOOD);
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
    answered(GOOD);
    assertThat(request).as("a key for each").isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4096})
  void theAnswerMayComeInPieces(int maxPerRead) throws Exception {
    UnaryOperator<String> answer =
        accept -> GOOD.replace("ACCEPT", accept) + "\u0082\u0003abc\u0088\u0000";
    assertThat(answered(answer, maxPerRead).input().readAllBytes()).isEqualTo("abc".getBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101\r\nUPGRADE: WebSocket\r\nconnection: x, upgrade\r\n"
            + "sec-websocket-accept: ACCEPT\r\n\r\n",
        "HTTP/1.1 101 Go\r\nServer: nginx\r\nDate: now\r\nUpgrade: websocket\r\n"
            + "Connection: upgrade\r\nSec-WebSocket-Accept:ACCEPT\r\n\r\n"
      })
  void otherWaysToWriteItAreTakenToo(String answer) throws Exception {
    assertThat(answered(answer)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "Upgrade: websocket => Upgrade: h2c => the remote proxy switched to something else than"
            + " WebSocket",
        "Upgrade: websocket => X: y => the remote proxy switched to something else than WebSocket",
        "Connection: Upgrade => Connection: close => the remote proxy switched to something else"
            + " than WebSocket",
        "ACCEPT => s3pPLMBiTxaQ9kYGzzhZRbK+xOo= => "
            + "the remote proxy's Sec-WebSocket-Accept is no answer to this side's key",
        "ACCEPT => ACCEPTx => the remote proxy's Sec-WebSocket-Accept is no answer to this side's"
            + " key",
        "Sec-WebSocket-Accept => X => the remote proxy's Sec-WebSocket-Accept is no answer to this"
            + " side's key",
        "Connection: => Sec-WebSocket-Extensions: permessage-deflate|Connection: => "
            + "the remote proxy answered with a sec-websocket-extensions unasked",
        "Connection: => Sec-WebSocket-Protocol: chat|Connection: => "
            + "the remote proxy answered with a sec-websocket-protocol unasked",
      })
  void aSwitchThatIsNoneIsRefused(String line, String instead, String sentence) {
    refused(GOOD.replace(line, instead.replace("|", "\r\n")), ProtocolException.class, sentence);
  }

  @Test
  void anAnswerTwiceIsRefused() {
    refused(
        GOOD.replace("Connection", "Sec-WebSocket-Accept: ACCEPT\r\nConnection"),
        ProtocolException.class,
        "an HTTP head with more than one sec-websocket-accept");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "200 OK => is '/tunnel' its --ws-path?",
        "204 => is '/tunnel' its --ws-path?",
        "301 Moved Permanently => "
            + "it leads to 'https://a.example/'; give that address if it is the right one",
        "400 Bad Request => has it the same --transport?",
        "401 Unauthorized => something in front of it wants a login, which cannot be given",
        "403 Forbidden => something in front of it lets nobody in from here",
        "404 Not Found => is '/tunnel' its --ws-path?",
        "426 Upgrade Required => does a proxy in front of it pass on Upgrade and Connection?",
        "429 Too Many Requests => "
            + "something in front of it was asked too often, and is asked again later",
        "502 Bad Gateway => is it up behind the proxy in front of it, and its path '/tunnel'?",
        "503 Service Unavailable => "
            + "is it up behind the proxy in front of it, and its path '/tunnel'?",
        "504 Gateway Time-out => is it up behind the proxy in front of it, and its path '/tunnel'?",
      })
  void anyOtherStatusIsASentence(String status, String hint) {
    refused(
        "HTTP/1.1 " + status + "\r\nLocation: https://a.example/\r\n\r\n",
        IOException.class,
        "the remote proxy answered " + status + " instead of a WebSocket: " + hint);
  }

  @Test
  void whatAControlPortOfAnotherTransportSaysIsShown() {
    refused(
        new String(ForeignPeer.HTTP.answer(), StandardCharsets.US_ASCII),
        IOException.class,
        "the remote proxy answered 400 Bad Request instead of a WebSocket: has it the same"
            + " --transport?; it says 'This is a tunnel's control port; it does not speak HTTP.'");
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
  void theFirstLineOfAPlainTextIsShown(String body, String shown) {
    String answer = "HTTP/1.1 418 X\r\n" + unescape(body);
    assertThatThrownBy(() -> answered(answer))
        .hasMessageEndingWith("--ws-path?; it says '" + shown + "'");
  }

  @Test
  void aLongLineIsShownInPart() {
    String answer =
        "HTTP/1.1 418 "
            + "r".repeat(500)
            + "\r\nContent-Type: text/plain\r\n"
            + "Connection: close\r\n\r\n"
            + "x".repeat(20_000);
    refused(
        answer,
        IOException.class,
        "the remote proxy answered 418 "
            + "r".repeat(80)
            + "... instead of a WebSocket: is"
            + " '/tunnel' its --ws-path?; it says '"
            + "x".repeat(80)
            + "...'");
  }

  /** Their end may never come: nothing of them is waited for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: text/html|Content-Length: 9||<html>",
        "Content-Type: text/plain||hello",
        "Content-Type: text/plain|Connection: close|Transfer-Encoding: chunked||5|hello",
        "Content-Type: text/plain|Content-Length: x||hello"
      })
  void otherBodiesAreNot(String fields) throws Exception {
    var pipe = new MemoryPipe(64 * 1024, 1);
    pipe.far().output().write(("HTTP/1.1 404 No\r\n" + unescape(fields)).getBytes());
    assertThatThrownBy(() -> client.wrap(pipe.near()))
        .hasMessage(
            "the remote proxy answered 404 No instead of a WebSocket: is '/tunnel' its --ws-path?");
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
        "SSH-2.0-OpenSSH_9.2| => what answers there speaks no HTTP, so no WebSocket either",
        "220 mail.example ESMTP| => what answers there speaks no HTTP, so no WebSocket either",
        "x => what answers there speaks no HTTP, so no WebSocket either",
        "<21><3><1><0><2><2> => what answers there speaks TLS, and this side does not",
        "HTTP/2.0 101 Yes|| => what answers there speaks no HTTP/1.1: 'HTTP/2.0 101 Yes'",
        "HTTP/1.0 101 Yes|| => "
            + "the remote proxy answered 101 Yes instead of a WebSocket: is '/tunnel' its"
            + " --ws-path?",
        "HTTP/1.1 1010|| => what answers there speaks no HTTP/1.1: 'HTTP/1.1 1010'",
        "HTTP/1.1 101 A<10>B: c|| => an HTTP head with a line that does not end in CR LF",
        "HTTP/1.1 101 A<0>|| => an HTTP head whose first line holds a control character",
        "HTTP/1.1 101 A| B: c|| => an HTTP head with the malformed line 'B: c'",
      })
  void whatIsNoHttpIsToldSo(String answer, String sentence) {
    String bytes =
        unescape(answer)
            .replace("<21>", "\u0015")
            .replace("<1>", "\1")
            .replace("<2>", "\2")
            .replace("<3>", "\3");
    assertThatThrownBy(() -> answered(bytes)).isInstanceOf(IOException.class).hasMessage(sentence);
  }

  @Test
  void aHeadHasUpTo8Kibibytes() throws Exception {
    int length = GOOD.replace("ACCEPT", WebSocketKey.accept("x")).length();
    String filler = "X: " + "y".repeat(8192 - length - 5) + "\r\n";
    assertThat(answered(GOOD.replace("Upgrade: ", filler + "Upgrade: "))).isNotNull();
    refused(
        GOOD.replace("Upgrade: ", filler.replace("X", "XX") + "Upgrade: "),
        ProtocolException.class,
        "an HTTP head of more than 8192 bytes");
  }

  @Test
  void noBeginningOfAnAnswerIsEnough() throws Exception {
    int length = GOOD.replace("ACCEPT", WebSocketKey.accept("x")).length();
    for (int i = 0; i < length; i++) {
      int cut = i;
      assertThatThrownBy(
              () -> answered(accept -> GOOD.replace("ACCEPT", accept).substring(0, cut), 4096))
          .as("%d bytes", i)
          .isInstanceOf(EOFException.class);
    }
    refused(
        "", EOFException.class, "the remote proxy closed the connection instead of a WebSocket");
    refused("HTTP/1.1", EOFException.class, "the peer closed the connection within an HTTP head");
  }

  @Test
  void everyFlippedBitIsTakenOrRefusedInOrder() throws Exception {
    int length = GOOD.replace("ACCEPT", WebSocketKey.accept("x")).length();
    int taken = 0;
    for (int bit = 0; bit < 8 * length; bit++) {
      int at = bit;
      try {
        answered(accept -> flip(GOOD.replace("ACCEPT", accept), at), 4096);
        taken++;
      } catch (IOException e) {
        assertThat(e.getMessage()).as("bit %d", bit).matches("[ -~]+");
      }
    }
    // The reason's bits, and the cases of names; none of the key's answer.
    assertThat(taken).isBetween(50, 250);
  }

  private static String flip(String text, int bit) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    bytes[bit / 8] ^= (byte) (1 << bit % 8);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
