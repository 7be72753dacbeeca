package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.bounce.client.BounceClient;
import culvert.cli.OriginProxies;
import culvert.config.BoreClientSettings;
import culvert.config.BounceClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.TransportKind;
import culvert.dialect.bore.BoreOriginDialect;
import culvert.net.HostPort;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The dialling side with an address that is not the control port of the peer it expects. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class WrongPortTest {

  private static final String QUESTION = "is this the control port of a remote proxy?";

  /** For a server after whose first bytes the client waits for more. */
  private static final Duration SHORT = Duration.ofMillis(700);

  /** Starts a server that sends a greeting and then reads until its client closes. */
  private static TestServer greeting(String text) throws IOException {
    byte[] bytes = text.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
    return new TestServer(socket -> {
      socket.getOutputStream().write(bytes);
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    });
  }

  private static OriginSettings settings(HostPort server, RolePair.Options options) {
    return options.originSettings(Launcher.ANY, new RemoteAddress.Direct(server));
  }

  /** Runs an origin proxy until its first attempt has failed; returns its log. */
  private static String failure(HostPort server, RolePair.Options options) {
    OriginSettings settings = settings(server, options);
    var log = new TestLog();
    try (log;
        var proxy = OriginProxies.of(settings, (service, address, remote) -> {}, log.log())) {
      assertThat(proxy.run()).isEqualTo(OriginProxy.End.UNREACHABLE);
    }
    return log.text();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SSH-2.0-OpenSSH_9.6\\r\\n | an SSH server",
        "220 mail.example.com ESMTP\\r\\n | an SMTP, FTP, POP3 or IMAP server",
        "+OK\\r\\n | an SMTP, FTP, POP3 or IMAP server",
        "-ERR unknown command\\r\\n | a Redis server",
        "HTTP/1.1 400 Bad Request\\r\\n\\r\\n | a web server",
        "<!DOCTYPE HTML>\\n<html lang='en'> | a web server",
        "2-BounceServer_1.0\\n | a bounce server",
        "{\"Challenge\":\"6e6b4b2c-4d9c-4f7f-8a5b-2f9c1d3e5a70\"}\\0 | a bore server",
        "Hello, visitor | unknown frame type 0x48"
      })
  void foreignServerIsNamed(String greeting, String name) throws Exception {
    try (TestServer server = greeting(greeting)) {
      assertThat(failure(server.address(), new RolePair.Options().handshake(SHORT)))
          .contains("session not started", name, QUESTION);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"PLAIN", "TLS", "WS", "WSS"})
  void sshServerIsNamedOverEveryTransport(TransportKind transport) throws Exception {
    try (TestServer server = greeting("SSH-2.0-OpenSSH_9.6\r\n")) {
      var options = new RolePair.Options().transport(transport).handshake(SHORT);
      assertThat(failure(server.address(), options))
          .contains("session not started", "an SSH server", QUESTION);
    }
  }

  /** Also a remote proxy that serves bore clients, which begins if it has received nothing. */
  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void boreServerIsNamedOverEveryTransport(TransportKind transport) throws Exception {
    String challenge = "{\"Challenge\":\"6e6b4b2c-4d9c-4f7f-8a5b-2f9c1d3e5a70\"}\0";
    try (TestServer server = greeting(challenge)) {
      var options = new RolePair.Options().transport(transport).handshake(SHORT);
      assertThat(failure(server.address(), options))
          .contains("session not started", "a bore server", QUESTION, "also serves bore clients");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"PLAIN", "NOISE", "TLS", "WS"})
  void visitorsPortOfAnEchoServiceIsNamed(TransportKind transport) throws Exception {
    try (TestServer server = TestServer.echo()) {
      assertThat(failure(server.address(), new RolePair.Options().transport(transport)))
          .contains("a server that returns the bytes it receives", QUESTION);
    }
  }

  /** As the port of visitors does while no origin proxy serves it. */
  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"PLAIN", "NOISE", "TLS", "WS", "WSS"})
  void portThatClosesOrResetsIsReportedAsAPossiblePortForVisitors(TransportKind transport)
      throws Exception {
    var options = new RolePair.Options().transport(transport);
    try (var resetting = new TestServer(WrongPortTest::reset);
        var closing = new TestServer(WrongPortTest::readOnce)) {
      for (TestServer server : List.of(resetting, closing)) {
        assertThat(failure(server.address(), options))
            .contains("session not started", "is this the control port, or a port for visitors?");
      }
    }
  }

  /** The reset then mostly fails the connection attempt itself. */
  @Test
  void portThatResetsAtOnceIsReportedAsAPossiblePortForVisitors() throws Exception {
    try (var server = new TestServer(socket -> socket.setSoLinger(true, 0))) {
      for (int i = 0; i < 5; i++) {
        assertThat(failure(server.address(), new RolePair.Options()))
            .contains("session not started", "is this the control port, or a port for visitors?");
      }
    }
  }

  private static void reset(Socket socket) throws IOException {
    readOnce(socket);
    socket.setSoLinger(true, 0);
  }

  private static void readOnce(Socket socket) throws IOException {
    assertThat(socket.getInputStream().read(new byte[8192])).isPositive();
  }

  @Test
  void silentPortIsReportedAsAPossiblePortForVisitors() throws Exception {
    try (TestServer server = greeting("")) {
      assertThat(failure(server.address(), new RolePair.Options().handshake(SHORT)))
          .contains(
              "no handshake within 700ms", "is this the control port, or a port for visitors?");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SSH-2.0-OpenSSH_9.6\\r\\n | an SSH server",
        "-ERR unknown command\\r\\n | a Redis server",
        "HTTP/1.1 400 Bad Request\\r\\n\\r\\n | a web server",
        "Hello, visitor | no handshake within 700ms",
        "Hello, visitor\\0 | the peer is not a bore server"
      })
  void boreClientNamesAForeignServerOrAsksAboutThePort(String greeting, String name)
      throws Exception {
    try (TestServer server = greeting(greeting);
        var log = new TestLog()) {
      OriginSettings settings =
          settings(server.address(), new RolePair.Options().secrets(null, null).handshake(SHORT));
      var access = new BoreClientSettings(0, Optional.empty());
      try (var proxy =
          new OriginProxy(
              settings,
              (dialer, role) ->
                  Dialects.sharing(
                      new BoreOriginDialect(settings, () -> access, dialer, role, log.log())),
              (service, address, remote) -> {},
              log.log())) {
        assertThat(proxy.run()).isEqualTo(OriginProxy.End.UNREACHABLE);
      }
      log.await("session not started", name, "is this the control port of a bore server?");
    }
  }

  @Test
  void bounceClientNamesAForeignServer() throws Exception {
    try (TestServer server = greeting("SSH-2.0-OpenSSH_9.6\r\n");
        var client =
            new BounceClient(
                new BounceClientSettings(
                    new GroupAddress(TransportKind.PLAIN, server.address(), new GroupNumber(7)),
                    BounceCredentials.DEFAULT,
                    BounceGreeting.values()[0],
                    Optional.empty(),
                    RolePair.LIMIT,
                    RolePair.LIMIT),
                line -> {})) {
      assertThatThrownBy(client::join)
          .hasMessageContaining("an SSH server")
          .hasMessageContaining("is this the port of a bounce server?");
    }
  }
}
