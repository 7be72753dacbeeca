package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The text of each message as bore writes it, and which other texts are accepted or rejected. */
class MessagesTest {

  private static final String ID = "17d627d5-186a-4a45-8679-d49a45204e2c";
  private static final UUID UUID_OF_ID = UUID.fromString(ID);
  private static final String TAG =
      "f595dd2e2c05b7bc7042dc3541159dc9eaf2ded8f547cfd51966c2ec464773b1";

  private static ClientMessage client(String json) throws ProtocolException {
    return ClientMessage.of(named(json));
  }

  private static ServerMessage server(String json) throws ProtocolException {
    return ServerMessage.of(named(json));
  }

  private static Json.Named named(String json) throws ProtocolException {
    return ((Json.Frame.Message) Json.read(json.getBytes(StandardCharsets.UTF_8))).named();
  }

  /** A client's message and its text. */
  record OfClient(String json, ClientMessage message) {}

  static Stream<OfClient> ofClient() {
    return Stream.of(
        new OfClient("{\"Authenticate\":\"" + TAG + "\"}", new ClientMessage.Authenticate(TAG)),
        new OfClient("{\"Hello\":0}", new ClientMessage.Hello(0)),
        new OfClient("{\"Hello\":8000}", new ClientMessage.Hello(8000)),
        new OfClient("{\"Hello\":65535}", new ClientMessage.Hello(65535)),
        new OfClient("{\"Accept\":\"" + ID + "\"}", new ClientMessage.Accept(UUID_OF_ID)));
  }

  @ParameterizedTest
  @MethodSource("ofClient")
  void clientMessagesMatchTheirText(OfClient golden) throws Exception {
    assertThat(golden.message().json()).isEqualTo(golden.json());
    assertThat(client(golden.json())).isEqualTo(golden.message());
  }

  /** A server's message and its text. */
  record OfServer(String json, ServerMessage message) {}

  static Stream<OfServer> ofServer() {
    return Stream.of(
        new OfServer("{\"Challenge\":\"" + ID + "\"}", new ServerMessage.Challenge(UUID_OF_ID)),
        new OfServer("{\"Hello\":21378}", new ServerMessage.Hello(21378)),
        new OfServer("\"Heartbeat\"", new ServerMessage.Heartbeat()),
        new OfServer("{\"Connection\":\"" + ID + "\"}", new ServerMessage.Connection(UUID_OF_ID)),
        new OfServer(
            "{\"Error\":\"port already in use\"}", new ServerMessage.Error("port already in use")),
        new OfServer(
            "{\"Error\":\"a \\\"b\\\\ \\u0007 ✓\"}", new ServerMessage.Error("a \"b\\ \u0007 ✓")));
  }

  @ParameterizedTest
  @MethodSource("ofServer")
  void serverMessagesMatchTheirText(OfServer golden) throws Exception {
    assertThat(golden.message().json()).isEqualTo(golden.json());
    assertThat(server(golden.json())).isEqualTo(golden.message());
  }

  @Test
  void whiteSpaceAndEscapesFollowJson() throws Exception {
    assertThat(client(" \t{\r\n \"Hello\" : 80 } \n")).isEqualTo(new ClientMessage.Hello(80));
    assertThat(client("{\"\\u0048ello\":80}")).isEqualTo(new ClientMessage.Hello(80));
    assertThat(server("{\"Heartbeat\":null}")).isEqualTo(new ServerMessage.Heartbeat());
    assertThat(server("{\"Error\":\"\\/\\b\\f\\n\\r\\t\\ud83d\\uDE00\"}"))
        .isEqualTo(new ServerMessage.Error("/\b\f\n\r\t\ud83d\ude00"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "17d627d5186a4a458679d49a45204e2c",
        "17D627D5-186A-4A45-8679-D49A45204E2C",
        "{17d627d5-186a-4a45-8679-d49a45204e2c}",
        "urn:uuid:17d627d5-186a-4a45-8679-d49a45204e2c"
      })
  void idIsAcceptedInOtherSpellings(String id) throws Exception {
    assertThat(client("{\"Accept\":\"" + id + "\"}"))
        .isEqualTo(new ClientMessage.Accept(UUID_OF_ID));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{}",
        "[]",
        "nul",
        "nulls",
        "null null",
        "true",
        "\"Hello\"",
        "{\"Hello\"}",
        "{\"Hello\":}",
        "{\"Hello\":null}",
        "{\"Hello\":80",
        "{\"Hello\":80}}",
        "{\"Hello\":80,}",
        "{\"Hello\":80,\"Hello\":80}",
        "{\"Hello\":\"80\"}",
        "{\"Hello\":65536}",
        "{\"Hello\":99999999999}",
        "{\"Hello\":-1}",
        "{\"Hello\":-0}",
        "{\"Hello\":+1}",
        "{\"Hello\":080}",
        "{\"Hello\":8e1}",
        "{\"Hello\":80.0}",
        "{\"Hello\":٨٠}",
        "{\"Hello\":[80]}",
        "{\"hello\":80}",
        "{'Hello':80}",
        "{Hello:80}",
        "{\"Authenticate\":0}",
        "{\"Accept\":\"\"}",
        "{\"Accept\":\"17d627d5-186a-4a45-8679-d49a45204e2\"}",
        "{\"Accept\":\"{17d627d5186a4a458679d49a45204e2c}\"}",
        "{\"Accept\":\"17d627d5-186a4a45-8679-d49a-45204e2c\"}",
        "{\"Accept\":\"17d627d5-186a-4a45-8679-d49a45204e2g\"}",
        "{\"Goodbye\":0}",
        "{\"Hel\\lo\":0}",
        "{\"Authenticate\":\"\\u12g4\"}",
        "{\"Authenticate\":\"\\ud83d\"}",
        "{\"Authenticate\":\"\n\"}",
        "{\"Authenticate\":\"",
        "GET / HTTP/1.1"
      })
  void anythingElseIsRejected(String json) {
    assertThatThrownBy(
            () -> {
              switch (Json.read(json.getBytes(StandardCharsets.UTF_8))) {
                case Json.Frame.Message message -> ClientMessage.of(message.named());
                case Json.Frame.Null none -> throw new AssertionError("read as null");
              }
            })
        .isInstanceOf(ProtocolException.class)
        .hasMessage("unable to parse message");
  }

  @Test
  void invalidUtf8IsRejected() {
    byte[] broken = {'"', (byte) 0xc3, '"'};
    assertThatThrownBy(() -> Json.read(broken)).hasMessage("unable to parse message");
  }

  @Test
  void eachSideAcceptsOnlyMessagesOfTheOther() {
    assertThatThrownBy(() -> client("{\"Challenge\":\"" + ID + "\"}"))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> server("{\"Accept\":\"" + ID + "\"}"))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> client("\"Heartbeat\"")).isInstanceOf(ProtocolException.class);
  }
}
