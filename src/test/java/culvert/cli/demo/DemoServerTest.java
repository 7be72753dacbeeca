package culvert.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The origin server of the demo. */
@Timeout(20)
class DemoServerTest {

  private static final String BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";

  private static final String PROXY_HEADER = "PROXY TCP4 192.0.2.7 192.0.2.8 50000 80\r\n";

  private DemoServer server;

  @BeforeEach
  void start() throws Exception {
    server = DemoServer.bind();
    server.start(new DemoTunnel(URI.create("http://127.0.0.1:8000/"), 11, 12));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void browserReceivesHtml() throws Exception {
    assertThat(send("GET / HTTP/1.1", "Accept: " + BROWSER))
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("Content-Type: text/html; charset=utf-8")
        .containsIgnoringCase("Content-Security-Policy: default-src 'none'")
        .contains("<!doctype html>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Accept: */*", "Accept: text/plain", "X-No-Accept: 1"})
  void otherClientReceivesPlainText(String header) throws Exception {
    assertThat(send("GET / HTTP/1.1", header))
        .containsIgnoringCase("Content-Type: text/plain; charset=utf-8")
        .containsIgnoringCase("Vary: Accept")
        .contains("This page comes from a server behind a Culvert tunnel.")
        .doesNotContain("<");
  }

  @Test
  void headReceivesNoBody() throws Exception {
    assertThat(send("HEAD / HTTP/1.1", "Accept: */*"))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("\r\n\r\n");
  }

  @Test
  void pageShowsTheAddressOfTheProxyHeader() throws Exception {
    assertThat(send("GET /path HTTP/1.1", "Accept: */*"))
        .contains("192.0.2.7:50000 (address from the PROXY header)")
        .contains("GET /path");
  }

  private String send(String request, String header) throws Exception {
    try (var client = new Socket(server.address().host(), server.address().port())) {
      String head = request + "\r\nHost: demo\r\nConnection: close\r\n" + header + "\r\n\r\n";
      client.getOutputStream().write((PROXY_HEADER + head).getBytes(StandardCharsets.US_ASCII));
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
