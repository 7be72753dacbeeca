package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.net.Connection;
import culvert.net.SocketConnection;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.testing.LeakCheck;
import culvert.testing.TestAuthority;
import culvert.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections with OpenSSL, which the real rathole uses as well. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsOpensslTest {

  private static final Pattern PORT = Pattern.compile("ACCEPT .*:(\\d+)");

  /** A client that half-closes after its question and then reads the answer. */
  private static final String HALF_CLOSING_CLIENT =
      """
      import socket, ssl, sys
      context = ssl.create_default_context(cafile='ca.pem')
      context.maximum_version = ssl.TLSVersion[sys.argv[2]]
      incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
      tls = context.wrap_bio(incoming, outgoing, server_hostname='localhost')
      carrier = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
      def run(step):
          while True:
              try:
                  return step()
              except ssl.SSLWantReadError:
                  carrier.sendall(outgoing.read())
                  incoming.write(carrier.recv(65536))
      run(tls.do_handshake)
      tls.write(b'question')
      try:
          tls.unwrap()
      except ssl.SSLWantReadError:
          pass
      carrier.sendall(outgoing.read())
      answer = b''
      while len(answer) < 100000:
          answer += run(lambda: tls.read(65536))
      print(tls.version(), len(answer), flush=True)
      """;

  /** A server that reads the question to its end before it answers. */
  private static final String ANSWERING_SERVER =
      """
      import socket, ssl, sys
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.maximum_version = ssl.TLSVersion[sys.argv[1]]
      context.load_cert_chain('good.pem', 'good.key')
      server = socket.create_server(('127.0.0.1', 0))
      print('ACCEPT :%d' % server.getsockname()[1], flush=True)
      carrier = server.accept()[0]
      tls = context.wrap_socket(carrier, server_side=True)
      question = b''
      while True:
          some = tls.recv(65536)
          if not some:
              break
          question += some
      tls.sendall(question * 10000)
      tls.unwrap()
      """;

  @TempDir private Path folder;

  private TlsSetup tls;
  private TlsIdentity identity;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
    identity = tls.good();
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  /** A program that runs in the test's folder, and its output. */
  private final class Program {
    private final Process process;
    private final BufferedReader out;
    private final StringBuilder output = new StringBuilder();

    Program(String... command) throws IOException {
      Process started = null;
      try {
        started =
            new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
      } catch (IOException e) {
        assumeTrue(false, command[0] + " is not installed");
      }
      process = started;
      processes.add(process);
      out = process.inputReader();
    }

    void type(String line) throws IOException {
      process.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().flush();
    }

    /** Returns the next line that contains the text; fails with the whole output at its end. */
    String awaitLine(String part) throws IOException {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        output.append(line).append('\n');
        if (line.contains(part)) {
          return line;
        }
      }
      throw new AssertionError("no '" + part + "' in:\n" + output);
    }

    int port() throws IOException {
      var matcher = PORT.matcher(awaitLine("ACCEPT"));
      assertThat(matcher.find()).isTrue();
      return Integer.parseInt(matcher.group(1));
    }

    void endInput() throws IOException {
      process.getOutputStream().close();
    }
  }

  private Program openssl(String line) throws IOException {
    return new Program(("openssl " + line).split(" "));
  }

  private Program python(String script, String... arguments) throws IOException {
    var command = new ArrayList<String>(List.of("python3", "-c", script));
    command.addAll(List.of(arguments));
    return new Program(command.toArray(String[]::new));
  }

  private static ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open()
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private static int port(ServerSocketChannel server) throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  private Connection accept(ServerSocketChannel listener, Transport transport) throws IOException {
    return transport.wrap(new SocketConnection(listener.accept(), tls.pool));
  }

  private Connection dial(int port, Transport transport) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return transport.wrap(new SocketConnection(SocketChannel.open(address), tls.pool));
  }

  private TlsServer server() {
    var settings = new TlsServerSettings(identity, Optional.empty());
    return new TlsServer(settings, PeerNames.ORIGIN_PROXY, true, tls.pool, tls.warnings::add);
  }

  private TlsClient client(Optional<TlsIdentity> own) {
    var settings = new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), own);
    return new TlsClient(
        settings, TlsSetup.ADDRESS, PeerNames.REMOTE_PROXY, true, tls.pool, tls.warnings::add);
  }

  private static String readLine(Connection connection) throws IOException {
    var line = new StringBuilder();
    for (int c = connection.input().read(); c != '\n'; c = connection.input().read()) {
      assertThat(c).as("the end after '%s'", line).isNotEqualTo(-1);
      line.append((char) c);
    }
    return line.toString();
  }

  private static void write(Connection connection, String text) throws IOException {
    connection.output().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({"-tls1_3, TLSv1.3", "-tls1_2, TLSv1.2"})
  void opensslClientConnects(String version, String name) throws Exception {
    try (var listener = listen()) {
      var client =
          openssl(
              "s_client -connect 127.0.0.1:"
                  + port(listener)
                  + " -servername localhost -verify_hostname localhost -CAfile ca.pem"
                  + " -verify_return_error "
                  + version);
      try (Connection connection = accept(listener, server())) {
        client.type("hello\n");
        assertThat(readLine(connection)).isEqualTo("hello");
        client.awaitLine("New, " + name);
        client.awaitLine("Verify return code: 0 (ok)");
        write(connection, "welcome\n");
        client.awaitLine("welcome");
        client.endInput();
        assertThat(connection.input().read()).isEqualTo(-1);
        connection.closeOutput();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void clientConnectsToOpensslServer(String version) throws Exception {
    var server =
        openssl("s_server -accept 0 -cert good.pem -key good.key -rev -naccept 1 " + version);
    try (Connection connection = dial(server.port(), client(Optional.empty()))) {
      write(connection, "tunnel\n");
      assertThat(readLine(connection)).isEqualTo("lennut");
      connection.closeOutput();
    }
  }

  /** The JDK's own check refuses the ClientHello. */
  @ParameterizedTest
  @ValueSource(strings = {"my_host.example", "_", "host.example.", "-host-.example", "localhost"})
  void serverAcceptsEveryNameThatAClientSends(String name) throws Exception {
    try (var listener = listen()) {
      var client =
          openssl(
              "s_client -connect 127.0.0.1:"
                  + port(listener)
                  + " -servername "
                  + name
                  + " -CAfile ca.pem -tls1_3");
      try (Connection connection = accept(listener, server())) {
        client.type("hello\n");
        assertThat(readLine(connection)).isEqualTo("hello");
      }
    }
  }

  /** K updates the client's keys and requests an update of the server's; k does not request it. */
  @Test
  void serverFollowsKeyUpdatesOfOpensslClient() throws Exception {
    try (var listener = listen()) {
      var client =
          openssl("s_client -connect 127.0.0.1:" + port(listener) + " -CAfile ca.pem -tls1_3");
      try (Connection connection = accept(listener, server())) {
        client.awaitLine("Verify return code");
        for (String command : List.of("K", "k", "K", "K")) {
          client.type(command + "\n");
          client.awaitLine("KEYUPDATE");
          client.type("after " + command + "\n");
          assertThat(readLine(connection)).isEqualTo("after " + command);
          write(connection, "answer\n");
          client.awaitLine("answer");
        }
      }
    }
  }

  /** R starts a renegotiation, which leaves the engine unable to encode. */
  @Test
  void renegotiationEndsReaderAndWriter() throws Exception {
    try (var listener = listen()) {
      var client =
          openssl("s_client -connect 127.0.0.1:" + port(listener) + " -CAfile ca.pem -tls1_2");
      try (Connection connection = accept(listener, server())) {
        client.awaitLine("Verify return code");
        client.type("R\n");
        assertThatThrownBy(() -> connection.input().read()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> write(connection, "after the renegotiation\n"))
            .isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void opensslClientResumesSession() throws Exception {
    TlsServer server = server();
    try (var listener = listen()) {
      String command =
          "s_client -connect 127.0.0.1:" + port(listener) + " -CAfile ca.pem -tls1_3 -sess_";
      var first = openssl(command + "out session.pem");
      try (Connection connection = accept(listener, server)) {
        write(connection, "one\n");
        first.awaitLine("one");
        first.endInput();
        assertThat(connection.input().read()).isEqualTo(-1);
        first.process.waitFor();
      }
      var second = openssl(command + "in session.pem");
      try (Connection connection = accept(listener, server)) {
        second.awaitLine("Reused, TLSv1.3");
        write(connection, "two\n");
        second.awaitLine("two");
        assertThat(connection.channelBinding())
            .isEqualTo(
                Certificates.channelBinding(
                    IdentityLoader.load(identity, PeerNames.REMOTE_PROXY).chain().getFirst()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1_2", "TLSv1_3"})
  void opensslClientReceivesAnswerAfterHalfClose(String version) throws Exception {
    try (var listener = listen()) {
      var asking = python(HALF_CLOSING_CLIENT, String.valueOf(port(listener)), version);
      try (Connection connection = accept(listener, server())) {
        assertThat(connection.input().readAllBytes()).isEqualTo("question".getBytes());
        connection.output().write(new byte[100_000]);
        connection.closeOutput();
        asking.awaitLine(version.replace('_', '.') + " 100000");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1_2", "TLSv1_3"})
  void clientReceivesAnswerAfterHalfClose(String version) throws Exception {
    var answering = python(ANSWERING_SERVER, version);
    try (Connection connection = dial(answering.port(), client(Optional.empty()))) {
      write(connection, "question");
      connection.closeOutput();
      assertThat(connection.input().readAllBytes()).hasSize(80_000);
    }
  }

  @Test
  void clientAuthenticatesToOpensslServerOrReportsRejection() throws Exception {
    String command =
        "s_server -accept 0 -cert good.pem -key good.key -rev -tls1_3 -Verify 2"
            + " -verify_return_error -CAfile ca.pem";
    var server = openssl(command);
    int port = server.port();
    TlsIdentity mine = tls.write("mine", tls.authority.issue(new TestAuthority.Wish("origin")));
    try (Connection connection = dial(port, client(Optional.of(mine)))) {
      write(connection, "abc\n");
      assertThat(readLine(connection)).isEqualTo("cba");
    }
    try (Connection connection = dial(port, client(Optional.empty()))) {
      assertThatThrownBy(() -> connection.input().read())
          .isInstanceOf(PeerRefusedException.class)
          .hasMessageStartingWith("the remote proxy requires a certificate of this side");
    }
    TlsIdentity foreign = tls.write("foreign", new TestAuthority("Foreign").issue("origin"));
    try (Connection connection = dial(port, client(Optional.of(foreign)))) {
      assertThatThrownBy(() -> connection.input().read())
          .isInstanceOf(PeerRefusedException.class)
          .hasMessage(
              "the remote proxy does not trust the issuer of this side's certificate (alert"
                  + " unknown_ca)");
    }
  }

  @Test
  void fingerprintEqualsThatOfOpenssl() throws Exception {
    var printed = openssl("x509 -in good.pem -noout -fingerprint -sha256").awaitLine("=");
    var certificate = IdentityLoader.load(identity, PeerNames.REMOTE_PROXY).chain().getFirst();
    assertThat(printed).endsWith("=" + Certificates.fingerprint(certificate));
    assertThat(new TlsTrust.Pin(printed).bytes()).isEqualTo(Certificates.sha256(certificate));
  }
}
