package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer whose transport differs from that of the control address. */
@Timeout(120)
class MismatchIT {

  private static final Path OPENSSL = Path.of("/usr/bin/openssl");

  /** The transports to combine; both sides have the same secret. */
  private static final List<TransportArguments> ALL =
      List.of(
          TransportArguments.PLAIN,
          TransportArguments.NOISE,
          TransportArguments.NOISE_NK,
          TransportArguments.TLS_CA,
          TransportArguments.WS,
          TransportArguments.WSS);

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = TransportArguments.class,
      names = {"NOISE", "TLS_CA", "WSS"})
  void bothSidesReportEveryOtherTransport(TransportArguments transport) throws Exception {
    assertEveryOtherTransportIsReported(transport);
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(
      value = TransportArguments.class,
      names = {"PLAIN", "NOISE_NK", "WS"})
  void bothSidesReportEveryOtherTransportAlsoInTheRemainingCases(TransportArguments transport)
      throws Exception {
    assertEveryOtherTransportIsReported(transport);
  }

  private void assertEveryOtherTransportIsReported(TransportArguments transport) throws Exception {
    var credentials = new Credentials(folder);
    RoleCommands right = transport.commands(credentials);
    try (var server = TestServer.echo();
        RemoteProcess remote = right.remote("--log-period=1ms")) {
      for (TransportArguments other : ALL) {
        if (other != transport) {
          assertMismatchIsReported(transport, remote, other, other.commands(credentials));
        }
      }
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
      // The remote proxy still serves.
      try (RoleProcess origin = right.origin(remote.control(), server.address())) {
        origin.line();
        remote.assertServes();
      }
    }
  }

  private static void assertMismatchIsReported(
      TransportArguments transport,
      RemoteProcess remote,
      TransportArguments other,
      RoleCommands wrong)
      throws Exception {
    int before = rejections(remote).size();
    try (RoleProcess origin = wrong.origin(remote.control(), Launcher.ANY)) {
      origin.err().await("remote_proxy=" + remote.control());
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(rejections(remote)).hasSizeGreaterThan(before));
      String here = origin.err().lines("remote_proxy=" + remote.control()).getFirst();
      String there = rejections(remote).get(before);
      System.out.println(transport + " <- " + other + "\n  " + there + "\n  " + here);
      if (transport == TransportArguments.NOISE && other == TransportArguments.PLAIN) {
        // An unencrypted peer cannot prove that it has the secret.
        assertThat(origin.await().exit()).isEqualTo(77);
        assertThat(here).contains("encrypted");
        return;
      }
      assertThat(here)
          .contains("session not started")
          .containsAnyOf("--transport", "--noise-pattern");
      assertThat(there).containsAnyOf("foreign protocol rejected", "origin proxy rejected");
      // The origin proxy retries and logs the failure once.
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(rejections(remote)).hasSizeGreaterThan(before + 1));
      assertThat(origin.err().lines("WARN", "session not started")).hasSize(1);
      assertThat(origin.process().isAlive()).isTrue();
      assertNotServed(remote);
    }
  }

  /** The line about a visitor that was reset may come after the next origin proxy has started. */
  private static List<String> rejections(RemoteProcess remote) {
    return remote.role().err().lines("WARN", "rejected");
  }

  private static void assertNotServed(RemoteProcess remote) throws Exception {
    try (Socket visitor = remote.visit()) {
      assertThatThrownBy(() -> visitor.getInputStream().read()).hasMessageContaining("reset");
    }
  }

  /** Sends {@code request} and returns all bytes received until the end. */
  private static String exchange(HostPort control, String request) throws Exception {
    try (var socket = TestClient.dial(control)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void browserReceivesAnHttpResponse() throws Exception {
    String request = "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n";
    try (RemoteProcess ws = Launcher.USUAL.remote("--transport=ws");
        RemoteProcess noise = Launcher.USUAL.remote()) {
      assertThat(exchange(ws.control(), request))
          .startsWith("HTTP/1.1 426 Upgrade Required\r\n")
          .contains("Content-Type: text/plain", "This is a tunnel's control port");
      assertThat(exchange(noise.control(), request))
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .contains("This is a tunnel's control port");
      ws.role().err().await("foreign protocol rejected", "an HTTP client");
      noise.role().err().await("foreign protocol rejected", "an HTTP client");
    }
  }

  /** Sends {@code input} with openssl's TLS client and returns its output. */
  private static String openssl(HostPort address, String input, String... options)
      throws Exception {
    assumeTrue(Files.isExecutable(OPENSSL), OPENSSL + " is not installed");
    String[] first = {OPENSSL.toString(), "s_client", "-connect", address.toString(), "-ign_eof"};
    var all = Stream.of(first, options).flatMap(Arrays::stream);
    try (RoleProcess openssl = RoleProcess.start(all.toArray(String[]::new))) {
      try (OutputStream in = openssl.process().getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.US_ASCII));
      }
      RoleProcess.Ended ended = openssl.await();
      return ended.out() + ended.err();
    }
  }

  @Test
  void tlsClientReceivesAnAlertFromANoiseRemoteProxy() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.remote()) {
      assertThat(openssl(remote.control(), "")).contains("alert unexpected message");
      remote.role().err().await("foreign protocol rejected", "a TLS client");
    }
  }

  @Test
  void httpsClientReceivesAnHttpResponseFromATlsRemoteProxy() throws Exception {
    var credentials = new Credentials(folder);
    RoleCommands commands = TransportArguments.TLS_CA.commands(credentials);
    String authority = credentials.authority().toString();
    try (RemoteProcess remote = commands.remote()) {
      String page = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
      assertThat(openssl(remote.control(), page, "-CAfile", authority, "-verify_return_error"))
          .contains("TLSv1.3", "Verify return code: 0 (ok)")
          .contains("HTTP/1.1 400 Bad Request", "This is a tunnel's control port");
      remote.role().err().await("foreign protocol rejected", "an HTTP client");
      assertThat(openssl(remote.control(), "", "-tls1_2")).contains("alert protocol version");
    }
  }

  /** A browser that opens the address of a WebSocket over TLS. */
  @Test
  void httpsClientReceivesAnHttpResponseFromAWssRemoteProxy() throws Exception {
    RoleCommands commands = TransportArguments.WSS.commands(new Credentials(folder));
    try (RemoteProcess remote = commands.remote()) {
      assertThat(openssl(remote.control(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "-quiet"))
          .contains("HTTP/1.1 426 Upgrade Required");
    }
  }
}
