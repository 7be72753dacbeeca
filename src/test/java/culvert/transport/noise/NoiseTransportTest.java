package culvert.transport.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.config.NoiseSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Noise with the framing of rathole, against itself and, if installed, against rathole. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
class NoiseTransportTest {

  private static final NoiseKeyPair SERVER = NoiseKeyPair.generate();
  private static final NoiseKeyPair CLIENT = NoiseKeyPair.generate();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final BufferPool pool = new BufferPool();

  private NoiseTransport side(
      String protocol, NoiseKeyPair own, NoiseKeyPair peer, boolean dialling) {
    NoiseProtocol parsed = NoiseProtocol.parse(protocol);
    boolean known = parsed.isRemoteKeyRequired(dialling);
    return new NoiseTransport(
        new NoiseSettings(
            parsed,
            parsed.isLocalKeyRequired(dialling) ? Optional.of(own) : Optional.empty(),
            known ? List.of(peer.publicKey()) : List.of()),
        dialling,
        pool);
  }

  private record Ends(Connection near, Connection far) {}

  private static Ends join(Loopback pair, NoiseTransport near, NoiseTransport far)
      throws Exception {
    var accepted = new FutureTask<>(() -> far.wrap(pair.far()));
    Threads.start("accept", accepted);
    Connection dialled = near.wrap(pair.near());
    return new Ends(dialled, accepted.get());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Noise_NK_25519_ChaChaPoly_BLAKE2s",
        "Noise_XX_25519_ChaChaPoly_BLAKE2s",
        "Noise_KK_25519_ChaChaPoly_BLAKE2s",
        "Noise_NK_25519_AESGCM_SHA256"
      })
  void eachPatternCarriesBytesAndHalfCloses(String protocol) throws Exception {
    try (var pair = Loopback.open()) {
      var ends =
          join(pair, side(protocol, CLIENT, SERVER, true), side(protocol, SERVER, CLIENT, false));
      ends.near().output().write("there".getBytes());
      ends.near().closeOutput();
      assertThat(ends.far().input().readAllBytes()).isEqualTo("there".getBytes());
      ends.far().output().write("and back".getBytes());
      ends.far().closeOutput();
      assertThat(ends.near().input().readAllBytes()).isEqualTo("and back".getBytes());
    }
  }

  @Test
  void lengthsAreLittleEndianAndNothingPrecedesThem() throws Exception {
    try (var pair = Loopback.open()) {
      var dialled =
          new FutureTask<>(() ->
              side("Noise_NK_25519_ChaChaPoly_BLAKE2s", CLIENT, SERVER, true).wrap(pair.near()));
      Threads.start("dial", dialled);
      byte[] first = pair.far().input().readNBytes(2 + 48);
      assertThat(HexFormat.of().formatHex(first)).startsWith("3000");
      pair.far().close();
      assertThatThrownBy(dialled::get).hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  void wrongKeyIsRefused() throws Exception {
    try (var pair = Loopback.open()) {
      String nk = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
      var dialled = new FutureTask<>(() -> side(nk, CLIENT, CLIENT, true).wrap(pair.near()));
      Threads.start("dial", dialled);
      assertThatThrownBy(() -> side(nk, SERVER, CLIENT, false).wrap(pair.far()))
          .isInstanceOf(PeerRefusedException.class)
          .hasMessage("the peer uses a different key or Noise pattern");
      pair.far().close();
      assertThatThrownBy(dialled::get).hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  void overlongFirstMessageIsRejectedByItsLength() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(HexFormat.of().parseHex("ffff00"));
      var server = side("Noise_NK_25519_ChaChaPoly_BLAKE2s", SERVER, CLIENT, false);
      assertThatThrownBy(() -> server.wrap(pair.far()))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("a Noise handshake message of 65535 bytes (maximum: 512)");
    }
  }

  /** The service is unknown to rathole; its reply to that arrives over the encrypted connection. */
  @Test
  void ratholeAnswersTheHandshakeAndHello(@TempDir Path folder) throws Exception {
    Optional<Path> rathole = rathole();
    assumeTrue(rathole.isPresent(), "rathole is not installed");
    int port = freePort();
    Path file = folder.resolve("server.toml");
    Files.writeString(
        file,
        """
        [server]
        bind_addr = "127.0.0.1:%d"
        default_token = "tok"
        [server.transport]
        type = "noise"
        [server.transport.noise]
        local_private_key = "%s"
        [server.services.nas]
        bind_addr = "127.0.0.1:%d"
        """
            .formatted(port, SERVER.privateText(), freePort()));
    Process process =
        new ProcessBuilder(rathole.get().toString(), "--server", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (Connection carrier = dialled(port)) {
      var client = side("Noise_NK_25519_ChaChaPoly_BLAKE2s", CLIENT, SERVER, true);
      Connection connection = client.wrap(carrier);
      // Hello of a control channel, version 1, for an unknown service.
      byte[] hello = new byte[37];
      hello[4] = 1;
      connection.output().write(hello);
      byte[] answer = connection.input().readNBytes(37);
      assertThat(HexFormat.of().formatHex(answer)).hasSize(74).startsWith("0000000001");
      assertThat(HexFormat.of().formatHex(connection.input().readNBytes(4))).isEqualTo("01000000");
      assertThat(connection.input().read()).isEqualTo(-1);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private Connection dialled(int port) throws Exception {
    var connection = new Connection[1];
    Eventually.within(
        TIMEOUT,
        () -> {
          try {
            connection[0] = new Dialer(pool).connect(new HostPort("127.0.0.1", port), TIMEOUT);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    return connection[0];
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Optional<Path> rathole() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(File.pathSeparator))
        .map(folder -> Path.of(folder, "rathole"))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
