package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignServerTest {

  private static byte[] bytes(String text) {
    return text.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          SSH         | SSH-2.0-OpenSSH_9.6\\r\\n
          HTTP        | HTTP/1.1 400 Bad Request\\r\\n
          HTTP        | <!DOCTYPE HTML>\\n
          HTTP        | <!doctype html>
          HTTP        | <HTML><head>
          BOUNCE      | 2-BounceServer_1.0\\n
          TLS         | \\25\\3\\1\\0\\2\\2\\106
          TLS         | \\26\\3\\3\\0\\172\\2\\0
          REDIS       | -ERR unknown command 'CULVERT'\\r\\n
          REDIS       | -NOAUTH Authentication required.\\r\\n
          REDIS       | -DENIED Redis is running in protected mode
          MAIL_OR_FTP | 220 mail.example.com ESMTP Postfix\\r\\n
          MAIL_OR_FTP | 220-FTP server\\r\\n
          MAIL_OR_FTP | 554 no service\\r\\n
          MAIL_OR_FTP | +OK POP3 ready\\r\\n
          MAIL_OR_FTP | * OK IMAP4rev1\\r\\n
          MYSQL       | J\\0\\0\\0\\n8.0.36
          MYSQL       | E\\0\\0\\0\\377j\\4Host
          POSTGRESQL  | E\\0\\0\\0\\210SFATAL
          VNC         | RFB 003.008\\n
          BORE        | {"Challenge"
          BORE        | {"Challenge":"6e6b4b2c-4d9c-4f7f-8a5b-2f9c1d3e5a70"}\\0
          ECHO        | CULVERT\\n
          ECHO        | \\26\\3\\1\\2\\0\\1\\0
          ECHO        | GET / HTTP/1.1\\r\\n
          ECHO        | {"Hello":0}
          """)
  void serverIsIdentifiedByItsFirstBytes(ForeignServer expected, String first) {
    assertThat(ForeignServer.of(bytes(first))).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "\\2\\0\\0\\100", "READY", "{\"Hello\":2222}"})
  void otherBytesAreUnknown(String first) {
    assertThat(ForeignServer.of(bytes(first))).isEmpty();
  }

  @Test
  void everyFirstFrameOfARemoteProxyIsUnknown() {
    for (Message message :
        new Message[] {
          new Message.Bye(ByeReason.CREDENTIALS, "no"), new Message.Bye(ByeReason.TRANSPORT, "")
        }) {
      assertThat(ForeignServer.of(HandshakeExchange.encode(message))).isEmpty();
    }
  }

  @Test
  void messageAsksForTheControlPort() {
    assertThat(ForeignServer.SSH.message("the control port of a remote proxy"))
        .isEqualTo("the peer is an SSH server: is this the control port of a remote proxy?");
  }

  /** Only a remote proxy may serve bore clients at the port that was expected. */
  @Test
  void boreServerIsNoBounceServer() {
    assertThat(ForeignServer.BORE.message("the port of a bounce server"))
        .isEqualTo("the peer is a bore server: is this the port of a bounce server?");
    assertThat(ForeignServer.BORE.message(ForeignServer.REMOTE_PROXY_PORT))
        .endsWith("? If it is, it also serves bore clients, and received nothing in time");
  }
}
