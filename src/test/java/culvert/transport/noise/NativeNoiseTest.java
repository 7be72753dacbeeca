package culvert.transport.noise;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.NoiseSettings;
import culvert.config.Secret;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.noise.NoiseHandshake;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.protocol.Sha256;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.transport.Transport;
import culvert.transport.tls.TlsPair;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which secrets and keys let two sides connect, and the messages of refusals on both sides. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class NativeNoiseTest {

  private static final SecretKey SECRET = Secret.of(Secret.generate()).key();
  private static final SecretKey OTHER = Secret.of(Secret.generate()).key();
  private static final NoiseKeyPair ORIGIN_KEY = NoiseKeyPair.generate();
  private static final NoiseKeyPair REMOTE_KEY = NoiseKeyPair.generate();
  private static final NoiseKeyPair UNKNOWN_KEY = NoiseKeyPair.generate();

  private final BufferPool pool = new BufferPool();

  /** The properties of the connection that each side passes to the login. */
  private final List<Handshake.Channel> below = new ArrayList<>();

  @AfterEach
  void assertAllBuffersReturned() {
    assertThat(pool.borrowed()).as("borrowed buffers").isZero();
  }

  private NativeNoise withSecret(SecretKey... secrets) {
    return NativeNoise.withSecret(List.of(secrets), pool);
  }

  private NativeNoise origin(String protocol, NoiseKeyPair own, NoiseKeyPair... remotes) {
    return withKeys(protocol, true, own, remotes);
  }

  private NativeNoise remote(String protocol, NoiseKeyPair own, NoiseKeyPair... origins) {
    return withKeys(protocol, false, own, origins);
  }

  private NativeNoise withKeys(
      String protocol, boolean dialling, NoiseKeyPair own, NoiseKeyPair... peers) {
    var settings =
        new NoiseSettings(
            NoiseProtocol.parse(protocol),
            Optional.ofNullable(own),
            Stream.of(peers).map(NoiseKeyPair::publicKey).toList());
    return NativeNoise.withKeys(settings, dialling, pool);
  }

  private Transport dialling(NativeNoise noise) {
    return carrier -> {
      NativeNoise.EncryptedLink link = noise.dial(carrier);
      below.add(link.below());
      Transport.setAuthenticated(link.connection());
      return link.connection();
    };
  }

  private Transport accepting(NativeNoise noise) {
    return carrier -> {
      var exchange = new HandshakeExchange(carrier.input(), carrier.output());
      exchange.readPreface();
      NativeNoise.EncryptedLink link =
          noise.accept(carrier, exchange, exchange.receive(Message.Noise.class));
      below.add(link.below());
      Transport.setAuthenticated(link.connection());
      return link.connection();
    };
  }

  private TlsPair open(NativeNoise origin, NativeNoise remote) throws Exception {
    return TlsPair.open(dialling(origin), accepting(remote));
  }

  private void assertConnects(NativeNoise origin, NativeNoise remote) throws Exception {
    try (var pair = open(origin, remote)) {
      halfClose(pair.near(), pair.far());
    }
    try (var pair = open(origin, remote)) {
      halfClose(pair.far(), pair.near());
    }
  }

  private static void halfClose(Connection first, Connection second) throws Exception {
    byte[] request = new byte[100_000];
    var writing =
        new FutureTask<Void>(() -> {
          first.output().write(request);
          first.closeOutput();
          return null;
        });
    Threads.start("writing", writing);
    assertThat(second.input().readAllBytes()).isEqualTo(request);
    writing.get();
    second.output().write(7);
    assertThat(first.input().read()).isEqualTo(7);
    second.closeOutput();
    assertThat(first.input().read()).isEqualTo(-1);
    assertThat(first.closeCause()).isEmpty();
    assertThat(second.closeCause()).isEmpty();
  }

  private void assertRefused(
      NativeNoise origin, NativeNoise remote, ByeReason reason, String message) throws Exception {
    assertRefused(dialling(origin), accepting(remote), reason, message);
  }

  private static void assertRefused(
      Transport origin, Transport remote, ByeReason reason, String message) throws Exception {
    var failed = TlsPair.Failed.of(origin, remote);
    for (Exception side : List.of(failed.client(), failed.server())) {
      assertThat(side).isInstanceOf(PeerRefusedException.class).hasMessage(message);
      assertThat(((PeerRefusedException) side).reason()).isEqualTo(reason);
    }
  }

  @Test
  void equalSecretsConnect() throws Exception {
    assertConnects(withSecret(SECRET), withSecret(SECRET));
  }

  @Test
  void anyOfSeveralSecretsConnects() throws Exception {
    SecretKey[] many =
        IntStream.range(0, 63)
            .mapToObj(i -> Secret.of(Secret.generate()).key())
            .toArray(SecretKey[]::new);
    many[62] = SECRET;
    many[20] = OTHER;
    assertConnects(withSecret(SECRET), withSecret(many));
    assertConnects(withSecret(OTHER), withSecret(many));
  }

  @Test
  void wrongSecretIsReportedOnBothSides() throws Exception {
    assertRefused(
        withSecret(OTHER), withSecret(SECRET), ByeReason.CREDENTIALS, "the secret is wrong");
  }

  private NativeNoise ofClient(String client, SecretKey secret) {
    return withSecret(secret).of(client, secret);
  }

  /** Reads the client's name as a login does; the test chooses what the remote side looks up. */
  private Transport acceptingClient(NativeNoise found) {
    return carrier -> {
      var exchange = new HandshakeExchange(carrier.input(), carrier.output());
      exchange.readPreface();
      var first = (Message.Noise) exchange.receiveFirst();
      NativeNoise.EncryptedLink link = found.accept(carrier, exchange, first);
      Transport.setAuthenticated(link.connection());
      return link.connection();
    };
  }

  @Test
  void clientOfTheSameNameAndSecretConnects() throws Exception {
    var remote = acceptingClient(ofClient("vienna", SECRET));
    TlsPair.open(dialling(ofClient("vienna", SECRET)), remote).close();
  }

  /** The prologue has the name: the secret alone would match. */
  @Test
  void clientOfAnotherNameWithTheSameSecretIsRefused() throws Exception {
    assertRefused(
        dialling(ofClient("vienna", SECRET)),
        acceptingClient(ofClient("lisbon", SECRET)),
        ByeReason.CREDENTIALS,
        "the secret of client 'lisbon' is wrong, or there is no such client");
    assertRefused(
        dialling(ofClient("vienna", SECRET)),
        acceptingClient(withSecret(SECRET)),
        ByeReason.CREDENTIALS,
        "the secret is wrong");
  }

  /** The origin proxy's side of the handshake, written from the protocol page. */
  private static Transport fromThePage(String client) {
    return carrier -> {
      String protocol = "Noise_NNpsk0_25519_AESGCM_SHA256";
      byte[] psk = Sha256.hmac(SECRET, "culvert 1 noise psk".getBytes(StandardCharsets.US_ASCII));
      String prologue = "culvert origin proxy to remote proxy\0\1\1" + protocol + "\0" + client;
      var noise =
          NoiseHandshake.initiator(
              NoiseProtocol.parse(protocol),
              new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(psk)),
              prologue.getBytes(StandardCharsets.US_ASCII));
      var exchange = new HandshakeExchange(carrier.input(), carrier.output(), Optional.of(client));
      exchange.begin(new Message.Noise(1, 1, protocol, noise.writeMessage(new byte[0])));
      noise.readMessage(exchange.receive(Message.Noise.class).message());
      assertThat(noise.isDone()).isTrue();
      return carrier;
    };
  }

  @Test
  void handshakeOfAClientIsThatOfTheProtocolPage() throws Exception {
    TlsPair.open(fromThePage("vienna"), acceptingClient(ofClient("vienna", SECRET))).close();
  }

  @Test
  void loginReceivesThePropertiesOfTheConnection() throws Exception {
    open(withSecret(SECRET), withSecret(SECRET)).close();
    open(withSecret(SECRET), withSecret(SECRET)).close();
    String name = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
    open(origin(name, null, REMOTE_KEY), remote(name, REMOTE_KEY)).close();
    assertThat(below)
        .extracting(Handshake.Channel::transport)
        .containsExactly(
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            name,
            name);
    assertThat(below).allMatch(Handshake.Channel::prefaceSent);
    assertThat(below)
        .extracting(Handshake.Channel::proven)
        .containsExactly(true, true, true, true, false, false);
    for (int i = 0; i < below.size(); i += 2) {
      assertThat(below.get(i).binding()).hasSize(32).isEqualTo(below.get(i + 1).binding());
    }
    assertThat(below.get(0).binding()).isNotEqualTo(below.get(2).binding());
  }

  static List<String> protocols() {
    return Stream.of("NK", "XX", "KK")
        .flatMap(pattern ->
            Stream.of("ChaChaPoly_BLAKE2s", "AESGCM_SHA256", "ChaChaPoly_SHA256", "AESGCM_BLAKE2s")
                .map(rest -> "Noise_" + pattern + "_25519_" + rest))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void matchingKeysConnect(String protocol) throws Exception {
    boolean known = protocol.contains("KK");
    assertConnects(
        origin(protocol, known ? ORIGIN_KEY : null, REMOTE_KEY),
        known ? remote(protocol, REMOTE_KEY, ORIGIN_KEY) : remote(protocol, REMOTE_KEY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"XX", "KK"})
  void anyOfSeveralOriginKeysConnects(String pattern) throws Exception {
    String protocol = "Noise_" + pattern + "_25519_ChaChaPoly_BLAKE2s";
    NativeNoise remote = remote(protocol, REMOTE_KEY, UNKNOWN_KEY, ORIGIN_KEY);
    assertConnects(origin(protocol, ORIGIN_KEY, REMOTE_KEY), remote);
    assertConnects(origin(protocol, UNKNOWN_KEY, REMOTE_KEY), remote);
  }

  @Test
  void remoteProxyWithoutTheKnownKeyIsRefused() throws Exception {
    assertRefused(
        origin("Noise_NK_25519_AESGCM_SHA256", null, REMOTE_KEY),
        remote("Noise_NK_25519_AESGCM_SHA256", UNKNOWN_KEY),
        ByeReason.CREDENTIALS,
        "the keys do not match: the origin proxy's --noise-peer-key is not the remote proxy's"
            + " public key");
    assertRefused(
        origin("Noise_KK_25519_AESGCM_SHA256", ORIGIN_KEY, REMOTE_KEY),
        remote("Noise_KK_25519_AESGCM_SHA256", UNKNOWN_KEY, ORIGIN_KEY),
        ByeReason.CREDENTIALS,
        "the keys do not match: the origin proxy's --noise-peer-key is not the remote proxy's"
            + " public key, or vice versa");
  }

  @Test
  void remoteProxyThatSendsAnotherKeyIsRefused() throws Exception {
    String protocol = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
    assertRefused(
        origin(protocol, ORIGIN_KEY, REMOTE_KEY),
        remote(protocol, UNKNOWN_KEY, ORIGIN_KEY),
        ByeReason.CREDENTIALS,
        "the remote proxy's key is not the --noise-peer-key that was given to the other side");
  }

  @Test
  void originProxyWithoutAKnownKeyIsRefused() throws Exception {
    assertRefused(
        origin("Noise_KK_25519_ChaChaPoly_BLAKE2s", UNKNOWN_KEY, REMOTE_KEY),
        remote("Noise_KK_25519_ChaChaPoly_BLAKE2s", REMOTE_KEY, ORIGIN_KEY),
        ByeReason.CREDENTIALS,
        "the keys do not match: the origin proxy's --noise-peer-key is not the remote proxy's"
            + " public key, or vice versa");
  }

  /** The origin proxy has completed the handshake by then and reads only encrypted records. */
  @Test
  void originProxyThatSendsAnUnknownKeyReceivesTheReason() throws Exception {
    String protocol = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
    Transport readingOrigin =
        carrier -> {
          Connection connection =
              origin(protocol, UNKNOWN_KEY, REMOTE_KEY).dial(carrier).connection();
          try (connection) {
            new HandshakeExchange(connection.input(), connection.output()).receive();
          }
          throw new IOException("not refused");
        };
    assertRefused(
        readingOrigin,
        accepting(remote(protocol, REMOTE_KEY, ORIGIN_KEY)),
        ByeReason.CREDENTIALS,
        "the origin proxy's key is not the --noise-peer-key that was given to the other side");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Noise_XX_25519_ChaChaPoly_BLAKE2s",
        "Noise_NK_25519_AESGCM_BLAKE2s",
        "Noise_NK_25519_ChaChaPoly_SHA256"
      })
  void differentProtocolsAreNamedOnBothSides(String protocol) throws Exception {
    assertRefused(
        origin(protocol, null, REMOTE_KEY),
        remote("Noise_NK_25519_ChaChaPoly_BLAKE2s", REMOTE_KEY),
        ByeReason.TRANSPORT,
        mismatch("Noise_NK_25519_ChaChaPoly_BLAKE2s", protocol));
  }

  @Test
  void secretOnOneSideAndKeysOnTheOtherAreNamedOnBothSides() throws Exception {
    String keys = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
    String secret = "Noise_NNpsk0_25519_AESGCM_SHA256";
    assertRefused(
        withSecret(SECRET), remote(keys, REMOTE_KEY), ByeReason.TRANSPORT, mismatch(keys, secret));
    assertRefused(
        origin(keys, null, REMOTE_KEY),
        withSecret(SECRET),
        ByeReason.TRANSPORT,
        mismatch(secret, keys));
  }

  private static String mismatch(String remoteProtocol, String originProtocol) {
    return "this remote proxy encrypts with "
        + remoteProtocol
        + " and the origin proxy with "
        + originProtocol
        + "; use a secret alone on both sides, or the same --noise-pattern";
  }

  @Test
  void unsupportedVersionsAreNamedOnBothSides() throws Exception {
    Transport newer =
        carrier -> {
          var exchange = new HandshakeExchange(carrier.input(), carrier.output());
          exchange.begin(new Message.Noise(2, 3, "Noise_NNpsk0_25519_AESGCM_SHA256", new byte[48]));
          exchange.receive();
          throw new IOException("not refused");
        };
    assertRefused(
        newer,
        accepting(withSecret(SECRET)),
        ByeReason.VERSION,
        "this remote proxy supports encryption version 1 and the origin proxy 2 to 3; update the"
            + " older one");
  }

  /** A peer without the secret returns the first message. */
  @Test
  void returnedFirstMessageIsRejected() throws Exception {
    Transport mirror =
        carrier -> {
          var exchange = new HandshakeExchange(carrier.input(), carrier.output());
          exchange.readPreface();
          exchange.send(exchange.receive(Message.Noise.class));
          exchange.receive();
          throw new IOException("not refused");
        };
    assertRefused(
        dialling(withSecret(SECRET)),
        mirror,
        ByeReason.CREDENTIALS,
        "the remote proxy does not have the secret");
  }

  @Test
  void answerOtherThanSealIsRejected() throws Exception {
    try (var carriers = Loopback.open()) {
      new HandshakeExchange(carriers.far().input(), carriers.far().output())
          .send(new Message.Proof(new byte[0]));
      var tried = TlsPair.attempt(dialling(withSecret(SECRET)), carriers.near());
      assertThat(tried.failure())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("the peer is not a Culvert remote proxy (PROOF received, expected NOISE)");
    }
  }
}
