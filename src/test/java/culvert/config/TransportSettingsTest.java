package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.noise.NoiseKeyPair;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The transport between the halves, and the options that each transport accepts. */
class TransportSettingsTest {

  private static final NoiseKeyPair KEYS = NoiseKeyPair.generate();
  private static final WebSocketSettings OTHER_PATH =
      new WebSocketSettings("/tunnel", Optional.empty());

  private static TransportSettings settings(TransportKind kind, boolean keys) {
    return settings(kind, keys, WebSocketSettings.DEFAULT);
  }

  private static TransportSettings settings(
      TransportKind kind, boolean keys, WebSocketSettings webSocket) {
    return new TransportSettings(
        Optional.ofNullable(kind), keys ? Optional.of(ofOrigin()) : Optional.empty(), webSocket);
  }

  private static NoiseSettings ofOrigin() {
    return NoiseSettings.of(Optional.empty(), Optional.empty(), List.of(KEYS.publicText()));
  }

  @Test
  void noiseIsTheDefaultWithSecretOrKeys() {
    assertThat(settings(null, false).kind(false)).isEqualTo(TransportKind.PLAIN);
    assertThat(settings(null, false).kind(true)).isEqualTo(TransportKind.NOISE);
    assertThat(settings(null, true).kind(false)).isEqualTo(TransportKind.NOISE);
    assertThat(settings(null, true).kind(true)).isEqualTo(TransportKind.NOISE);
  }

  @ParameterizedTest
  @EnumSource
  void givenTransportIsUsed(TransportKind kind) {
    assertThat(settings(kind, false).kind(false)).isEqualTo(kind);
    assertThat(settings(kind, false).kind(true)).isEqualTo(kind);
  }

  /** Noise also runs inside a WebSocket, because its TLS may end at a web server. */
  @ParameterizedTest
  @CsvSource({
    ", false, false, false",
    ", true, false, true",
    ", false, true, true",
    "PLAIN, true, false, false",
    "NOISE, true, false, true",
    "NOISE, false, true, true",
    "TLS, true, false, false",
    "WS, false, false, false",
    "WS, true, false, true",
    "WS, false, true, true",
    "WSS, true, false, true",
    "WSS, false, false, false"
  })
  void noiseEncryptsWithSecretOrKeysIfTransportUsesIt(
      TransportKind kind, boolean secret, boolean keys, boolean encrypted) {
    assertThat(settings(kind, keys).isNoiseUsed(secret)).isEqualTo(encrypted);
  }

  private static OriginSettings origin(TransportSettings transport, boolean secret, boolean tls) {
    return new OriginSettings(
        List.of(RemoteRoute.direct(new RemoteAddress.Direct(new HostPort("h", 1)))),
        BounceCredentials.DEFAULT,
        List.of(ServiceAddress.parse("h:2")),
        OptionalInt.empty(),
        false,
        "laptop",
        secret ? Optional.of(Secret.of("hunter2")) : Optional.empty(),
        Optional.empty(),
        transport,
        tls ? Optional.of(TlsClientSettings.DEFAULT) : Optional.empty(),
        Optional.empty(),
        HealthChecks.NONE,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        false,
        Timeouts.DEFAULT,
        ResourceLimits.DEFAULT);
  }

  private static RemoteSettings remote(TransportSettings transport, boolean secret, boolean tls) {
    var identity = new TlsIdentity.Pem(Path.of("cert.pem"), Path.of("key.pem"));
    return new RemoteSettings(
        Optional.of(new HostPort("h", 1)),
        List.of(),
        BounceCredentials.DEFAULT,
        List.of(ServiceAddress.parse("h:2")),
        Optional.empty(),
        List.of(ControlProtocol.NATIVE),
        Optional.empty(),
        secret ? List.of(Secret.of("hunter2")) : List.of(),
        Optional.empty(),
        transport,
        tls ? Optional.of(new TlsServerSettings(identity, Optional.empty())) : Optional.empty(),
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        List.of(),
        ServiceRules.NONE,
        ConnectionLimits.DEFAULT,
        Timeouts.DEFAULT,
        ResourceLimits.DEFAULT);
  }

  private static void assertRejectedOnBothSides(
      TransportSettings transport, boolean secret, boolean tls, String message) {
    assertThatThrownBy(() -> origin(transport, secret, tls))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> remote(transport, secret, tls))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void noiseRequiresSecretOrKeys() {
    assertRejectedOnBothSides(
        settings(TransportKind.NOISE, false),
        false,
        false,
        "--transport noise requires a key: set the same secret on both sides");
    assertThatCode(() -> remote(settings(TransportKind.NOISE, false), true, false))
        .doesNotThrowAnyException();
  }

  /** The settings themselves do not reveal which of these is set. */
  private static final String TLS =
      "--tls-cert, --tls-key, --tls-pkcs12, --tls-password-file, --tls-client-ca,"
          + " --tls-ca, --tls-pin or --tls-server-name";

  @ParameterizedTest
  @CsvSource({"PLAIN, plain", "NOISE, noise", "WS, ws", ", noise"})
  void tlsOptionsAreRejectedWithoutTls(TransportKind kind, String name) {
    assertRejectedOnBothSides(
        settings(kind, false), true, true, TLS + " cannot be used with --transport " + name);
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, plain", "NOISE, noise", "TLS, tls", ", noise"})
  void webSocketOptionsAreRejectedWithoutWebSocket(TransportKind kind, String name) {
    assertRejectedOnBothSides(
        settings(kind, false, OTHER_PATH),
        true,
        kind == TransportKind.TLS,
        "--ws-path or --ws-host cannot be used with --transport " + name);
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, plain", "TLS, tls"})
  void noiseOptionsAreRejectedWithoutNoise(TransportKind kind, String name) {
    boolean tls = kind == TransportKind.TLS;
    assertThatThrownBy(() -> origin(settings(kind, true), true, tls))
        .hasMessage(
            "--noise-pattern, --noise-key-file or --noise-peer-key cannot be used with --transport "
                + name);
  }

  @ParameterizedTest
  @EnumSource(names = {"TLS", "WSS"})
  void remoteProxyRequiresCertificateForTls(TransportKind kind) {
    assertThatThrownBy(() -> remote(settings(kind, false), true, false))
        .hasMessage(
            "--transport "
                + kind.word()
                + " needs a certificate: set --tls-cert and --tls-key, or --tls-pkcs12");
    assertThatCode(() -> remote(settings(kind, false), true, true)).doesNotThrowAnyException();
    assertThatCode(() -> origin(settings(kind, false), true, false)).doesNotThrowAnyException();
  }

  @Test
  void secretKeysAndCertificatesAuthenticateThePeer() {
    assertThat(origin(settings(null, false), false, false).isPeerAuthenticated()).isFalse();
    assertThat(origin(settings(null, false), true, false).isPeerAuthenticated()).isTrue();
    assertThat(origin(settings(null, true), false, false).isPeerAuthenticated()).isTrue();
    assertThat(origin(settings(TransportKind.WS, false), false, false).isPeerAuthenticated())
        .isFalse();
    assertThat(origin(settings(TransportKind.TLS, false), false, false).isPeerAuthenticated())
        .isTrue();
    assertThat(remote(settings(TransportKind.TLS, false), false, true).isPeerAuthenticated())
        .isFalse();
    assertThat(remote(settings(TransportKind.TLS, false), true, true).isPeerAuthenticated())
        .isTrue();
  }
}
