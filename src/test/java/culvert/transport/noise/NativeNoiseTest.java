package culvert.transport.noise;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.NoiseSettings;
import culvert.config.Secret;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.transport.Transport;
import culvert.transport.tls.TlsPair;
import java.io.IOException;
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

/** Who can seal a connection with whom, by the secret and by keys, and what the others are told. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class NativeNoiseTest {

  private static final SecretKey SECRET = Secret.of(Secret.generate()).key();
  private static final SecretKey OTHER = Secret.of(Secret.generate()).key();
  private static final NoiseKeyPair OF_ORIGIN = NoiseKeyPair.generate();
  private static final NoiseKeyPair OF_REMOTE = NoiseKeyPair.generate();
  private static final NoiseKeyPair STRANGER = NoiseKeyPair.generate();

  private final BufferPool pool = new BufferPool();

  /** What each side knew of the connection below its login. */
  private final List<Handshake.Below> below = new ArrayList<>();

  @AfterEach
  void everyBufferIsBack() {
    assertThat(pool.borrowed()).as("buffers out").isZero();
  }

  private NativeNoise bySecret(SecretKey... secrets) {
    return NativeNoise.withSecret(List.of(secrets), pool);
  }

  private NativeNoise origin(String protocol, NoiseKeyPair own, NoiseKeyPair... remotes) {
    return byKeys(protocol, true, own, remotes);
  }

  private NativeNoise remote(String protocol, NoiseKeyPair own, NoiseKeyPair... origins) {
    return byKeys(protocol, false, own, origins);
  }

  private NativeNoise byKeys(
      String protocol, boolean dialling, NoiseKeyPair own, NoiseKeyPair... peers) {
    var settings =
        new NoiseSettings(
            NoiseProtocol.parse(protocol),
            Optional.ofNullable(own),
            Stream.of(peers).map(NoiseKeyPair::publicKey).toList());
    return NativeNoise.withKeys(settings, dialling, pool);
  }

  private Transport dialling(NativeNoise seal) {
    return carrier -> {
      NativeNoise.EncryptedLink sealed = seal.dial(carrier);
      below.add(sealed.below());
      Transport.setAuthenticated(sealed.connection());
      return sealed.connection();
    };
  }

  private Transport accepting(NativeNoise seal) {
    return carrier -> {
      var exchange = new HandshakeExchange(carrier.input(), carrier.output());
      exchange.readPreface();
      NativeNoise.EncryptedLink sealed =
          seal.accept(carrier, exchange, exchange.receive(Message.Seal.class));
      below.add(sealed.below());
      Transport.setAuthenticated(sealed.connection());
      return sealed.connection();
    };
  }

  private TlsPair open(NativeNoise origin, NativeNoise remote) throws Exception {
    return TlsPair.open(dialling(origin), accepting(remote));
  }

  private void joins(NativeNoise origin, NativeNoise remote) throws Exception {
    try (var pair = open(origin, remote)) {
      halfClose(pair.near(), pair.far());
    }
    try (var pair = open(origin, remote)) {
      halfClose(pair.far(), pair.near());
    }
  }

  private static void halfClose(Connection first, Connection second) throws Exception {
    byte[] question = new byte[100_000];
    var asking =
        new FutureTask<Void>(() -> {
          first.output().write(question);
          first.closeOutput();
          return null;
        });
    Threads.start("asking", asking);
    assertThat(second.input().readAllBytes()).isEqualTo(question);
    asking.get();
    second.output().write(7);
    assertThat(first.input().read()).isEqualTo(7);
    second.closeOutput();
    assertThat(first.input().read()).isEqualTo(-1);
    assertThat(first.closeCause()).isEmpty();
    assertThat(second.closeCause()).isEmpty();
  }

  private void refused(NativeNoise origin, NativeNoise remote, ByeReason reason, String sentence)
      throws Exception {
    refused(dialling(origin), accepting(remote), reason, sentence);
  }

  private static void refused(Transport origin, Transport remote, ByeReason reason, String sentence)
      throws Exception {
    var failed = TlsPair.Failed.of(origin, remote);
    for (Exception side : List.of(failed.client(), failed.server())) {
      assertThat(side).isInstanceOf(RefusedException.class).hasMessage(sentence);
      assertThat(((RefusedException) side).reason()).isEqualTo(reason);
    }
  }

  @Test
  void theSameSecretJoins() throws Exception {
    joins(bySecret(SECRET), bySecret(SECRET));
  }

  @Test
  void anyOfSeveralSecretsJoins() throws Exception {
    SecretKey[] many =
        IntStream.range(0, 63)
            .mapToObj(i -> Secret.of(Secret.generate()).key())
            .toArray(SecretKey[]::new);
    many[62] = SECRET;
    many[20] = OTHER;
    joins(bySecret(SECRET), bySecret(many));
    joins(bySecret(OTHER), bySecret(many));
  }

  @Test
  void anotherSecretIsRefusedInTheSameWordsOnBothSides() throws Exception {
    refused(bySecret(OTHER), bySecret(SECRET), ByeReason.CREDENTIALS, "the secret is wrong");
  }

  @Test
  void theLoginIsToldWhatLiesBelow() throws Exception {
    open(bySecret(SECRET), bySecret(SECRET)).close();
    open(bySecret(SECRET), bySecret(SECRET)).close();
    String name = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
    open(origin(name, null, OF_REMOTE), remote(name, OF_REMOTE)).close();
    assertThat(below)
        .extracting(Handshake.Below::transport)
        .containsExactly(
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            name,
            name);
    assertThat(below).allMatch(Handshake.Below::begun);
    assertThat(below)
        .extracting(Handshake.Below::proven)
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
  void fittingKeysJoin(String protocol) throws Exception {
    boolean known = protocol.contains("KK");
    joins(
        origin(protocol, known ? OF_ORIGIN : null, OF_REMOTE),
        known ? remote(protocol, OF_REMOTE, OF_ORIGIN) : remote(protocol, OF_REMOTE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"XX", "KK"})
  void anyOfSeveralOriginKeysJoins(String pattern) throws Exception {
    String protocol = "Noise_" + pattern + "_25519_ChaChaPoly_BLAKE2s";
    NativeNoise remote = remote(protocol, OF_REMOTE, STRANGER, OF_ORIGIN);
    joins(origin(protocol, OF_ORIGIN, OF_REMOTE), remote);
    joins(origin(protocol, STRANGER, OF_REMOTE), remote);
  }

  @Test
  void aRemoteProxyWithAnotherKeyThanTheOneKnownCannotAnswer() throws Exception {
    refused(
        origin("Noise_NK_25519_AESGCM_SHA256", null, OF_REMOTE),
        remote("Noise_NK_25519_AESGCM_SHA256", STRANGER),
        ByeReason.CREDENTIALS,
        "the keys do not fit: the origin proxy's --noise-peer-key is not the remote proxy's public"
            + " key");
    refused(
        origin("Noise_KK_25519_AESGCM_SHA256", OF_ORIGIN, OF_REMOTE),
        remote("Noise_KK_25519_AESGCM_SHA256", STRANGER, OF_ORIGIN),
        ByeReason.CREDENTIALS,
        "the keys do not fit: the origin proxy's --noise-peer-key is not the remote proxy's public"
            + " key, or the other way around");
  }

  @Test
  void aRemoteProxyThatShowsAnotherKeyIsRefused() throws Exception {
    String protocol = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
    refused(
        origin(protocol, OF_ORIGIN, OF_REMOTE),
        remote(protocol, STRANGER, OF_ORIGIN),
        ByeReason.CREDENTIALS,
        "the remote proxy has another key than the --noise-peer-key that the other side was given");
  }

  @Test
  void anOriginProxyWithAnUnknownKeyIsRefused() throws Exception {
    refused(
        origin("Noise_KK_25519_ChaChaPoly_BLAKE2s", STRANGER, OF_REMOTE),
        remote("Noise_KK_25519_ChaChaPoly_BLAKE2s", OF_REMOTE, OF_ORIGIN),
        ByeReason.CREDENTIALS,
        "the keys do not fit: the origin proxy's --noise-peer-key is not the remote proxy's public"
            + " key, or the other way around");
  }

  /** By then the origin proxy believes that all is well, and listens for sealed records. */
  @Test
  void anOriginProxyThatShowsAnUnknownKeyIsRefusedInWords() throws Exception {
    String protocol = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
    Transport thatListens =
        carrier -> {
          Connection sealed = origin(protocol, STRANGER, OF_REMOTE).dial(carrier).connection();
          try (sealed) {
            new HandshakeExchange(sealed.input(), sealed.output()).receive();
          }
          throw new IOException("not refused");
        };
    refused(
        thatListens,
        accepting(remote(protocol, OF_REMOTE, OF_ORIGIN)),
        ByeReason.CREDENTIALS,
        "the origin proxy has another key than the --noise-peer-key that the other side was given");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Noise_XX_25519_ChaChaPoly_BLAKE2s",
        "Noise_NK_25519_AESGCM_BLAKE2s",
        "Noise_NK_25519_ChaChaPoly_SHA256"
      })
  void anotherProtocolIsNamedOnBothSides(String protocol) throws Exception {
    refused(
        origin(protocol, null, OF_REMOTE),
        remote("Noise_NK_25519_ChaChaPoly_BLAKE2s", OF_REMOTE),
        ByeReason.TRANSPORT,
        differ("Noise_NK_25519_ChaChaPoly_BLAKE2s", protocol));
  }

  @Test
  void theSecretOnOneSideAndKeysOnTheOtherAreNamedOnBoth() throws Exception {
    String keys = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
    String secret = "Noise_NNpsk0_25519_AESGCM_SHA256";
    refused(bySecret(SECRET), remote(keys, OF_REMOTE), ByeReason.TRANSPORT, differ(keys, secret));
    refused(
        origin(keys, null, OF_REMOTE), bySecret(SECRET), ByeReason.TRANSPORT, differ(secret, keys));
  }

  private static String differ(String ofRemote, String ofOrigin) {
    return "this remote proxy seals with "
        + ofRemote
        + " and the origin proxy with "
        + ofOrigin
        + "; a secret alone on both sides, or the same --noise-pattern, makes them fit";
  }

  @Test
  void otherVersionsAreNamedOnBothSides() throws Exception {
    Transport newer =
        carrier -> {
          var exchange = new HandshakeExchange(carrier.input(), carrier.output());
          exchange.begin(new Message.Seal(2, 3, "Noise_NNpsk0_25519_AESGCM_SHA256", new byte[48]));
          exchange.receive();
          throw new IOException("not refused");
        };
    refused(
        newer,
        accepting(bySecret(SECRET)),
        ByeReason.VERSION,
        "this remote proxy seals version 1 and the origin proxy 2 to 3; update the older one");
  }

  /** Somebody who has the whole first message, but not the secret, answers with it. */
  @Test
  void aFirstMessageSentBackIsNoAnswer() throws Exception {
    Transport mirror =
        carrier -> {
          var exchange = new HandshakeExchange(carrier.input(), carrier.output());
          exchange.readPreface();
          exchange.send(exchange.receive(Message.Seal.class));
          exchange.receive();
          throw new IOException("not refused");
        };
    refused(
        dialling(bySecret(SECRET)),
        mirror,
        ByeReason.CREDENTIALS,
        "the remote proxy does not know the secret");
  }

  @Test
  void anAnswerThatIsNoSealIsNoRemoteProxys() throws Exception {
    try (var carriers = Loopback.open()) {
      new HandshakeExchange(carriers.far().input(), carriers.far().output())
          .send(new Message.Proof(new byte[0]));
      var tried = TlsPair.attempt(dialling(bySecret(SECRET)), carriers.near());
      assertThat(tried.failure())
          .isInstanceOf(ProtocolException.class)
          .hasMessage(
              "what answers there is no Culvert remote proxy (PROOF where SEAL was expected)");
    }
  }
}
