package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.session.LoginProof;
import culvert.session.ProvenClient;
import culvert.setting.Setting;
import culvert.setting.SettingWarnings;
import culvert.transport.Transport;
import culvert.transport.noise.NativeNoise;
import culvert.transport.stack.TransportStack;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;

/**
 * One side of the steps from a new connection to a login: the transport, Noise within it, and the
 * HELLO messages within that. A peer that uses less than this side requires is refused.
 */
final class NativeLogin {

  private final Transport transport;
  private final Optional<NativeNoise> noise;
  private final LoginSecrets secrets;
  private final boolean isBound;
  private final boolean isCertified;

  /**
   * Creates a side of a login.
   *
   * @param transport this side of the transport
   * @param noise encryption within the transport, if it is used
   * @param secrets the secrets that a login proves
   * @param isBound whether both sides see the same ends of the transport, so that the proofs of the
   *     secret can include its channel binding
   * @param isCertified whether the transport's handshake requires a certificate of the peer
   */
  NativeLogin(
      Transport transport,
      Optional<NativeNoise> noise,
      LoginSecrets secrets,
      boolean isBound,
      boolean isCertified) {
    this.transport = transport;
    this.noise = noise;
    this.secrets = secrets;
    this.isBound = isBound;
    this.isCertified = isCertified;
  }

  /**
   * Creates the remote proxy's side, which accepts any of the secrets.
   *
   * @param warnings receives a message about each unusable file, at the start and after each change
   */
  static NativeLogin accepting(
      RemoteSettings settings, LoginSecrets secrets, BufferPool pool, SettingWarnings warnings) {
    Transport transport =
        TransportStack.accepting(
            settings.transport().kind(secrets.isUsed()),
            settings.tls(),
            settings.transport().webSocket(),
            PeerNames.ORIGIN_PROXY,
            pool,
            warnings);
    boolean isCertified = settings.tls().flatMap(TlsServerSettings::clientAuthorities).isPresent();
    return of(settings.transport(), transport, secrets, false, isCertified, pool);
  }

  /**
   * Creates the origin proxy's side.
   *
   * @param target the address whose host the peer's certificate and a WebSocket request name
   */
  static NativeLogin dialling(
      OriginSettings settings,
      HostPort target,
      LoginSecrets secret,
      BufferPool pool,
      SettingWarnings warnings) {
    Transport transport =
        TransportStack.dialling(
            settings.transport().kind(secret.isUsed()),
            settings.tls().orElse(TlsClientSettings.DEFAULT),
            settings.transport().webSocket(),
            target,
            PeerNames.REMOTE_PROXY,
            pool,
            warnings);
    return of(settings.transport(), transport, secret, true, false, pool);
  }

  private static NativeLogin of(
      TransportSettings settings,
      Transport transport,
      LoginSecrets secrets,
      boolean dialling,
      boolean isCertified,
      BufferPool pool) {
    boolean secret = secrets.isUsed();
    Optional<NativeNoise> noise =
        settings.isNoiseUsed(secret)
            ? Optional.of(
                settings
                    .noise()
                    .map(keys -> NativeNoise.withKeys(keys, dialling, pool))
                    .orElseGet(() -> NativeNoise.withSecret(secrets.ofNoClient(), pool)))
            : Optional.empty();
    return new NativeLogin(
        transport, noise, secrets, settings.kind(secret) == TransportKind.TLS, isCertified);
  }

  /**
   * A login that succeeded. Its connection is marked as authenticated when the session begins to
   * serve, which closes it in the end.
   *
   * @param connection carries the link
   * @param peer the other side's HELLO
   * @param client the client that the peer has proven to be, if it has logged in as one
   * @param proof what the peer has proven to the remote proxy
   */
  record Login(
      Connection connection,
      Handshake.Peer peer,
      Optional<ProvenClient> client,
      LoginProof proof) {}

  /**
   * Logs in as the side that dialled.
   *
   * @param client the name of the client that this side logs in as, if any
   */
  Login dial(
      Connection fresh,
      Handshake.Local self,
      Optional<String> client,
      Handshake.InstanceCheck instances)
      throws IOException {
    Connection carrier = transport.wrap(fresh);
    if (noise.isEmpty()) {
      HandshakeExchange exchange = exchange(carrier, client);
      return dialled(carrier, Handshake.dial(self, transportState(carrier), exchange, instances));
    }
    NativeNoise.EncryptedLink encrypted = noise(client).dial(carrier);
    Connection inside = encrypted.connection();
    HandshakeExchange exchange = exchange(inside, client);
    return dialled(inside, Handshake.dial(self, encrypted.below(), exchange, instances));
  }

  private static Login dialled(Connection connection, Handshake.Peer peer) {
    return new Login(connection, peer, Optional.empty(), new LoginProof(Optional.empty(), false));
  }

  private NativeNoise noise(Optional<String> client) {
    return client.map(name -> noise.get().of(name, secrets.of(name))).orElseGet(noise::get);
  }

  /**
   * Logs in as the side that accepted.
   *
   * @param onVerified runs after each proof of a secret or a key
   */
  Login accept(Connection fresh, Handshake.Local self, Runnable onVerified) throws IOException {
    Connection carrier = transport.wrap(fresh);
    if (isCertified) {
      onVerified.run();
    }
    HandshakeExchange exchange = exchange(carrier, Optional.empty());
    exchange.readPreface();
    Message first = exchange.receiveFirst();
    Optional<String> client = exchange.client();
    Handshake.Local expected = self.withSecrets(secretsOf(exchange));
    if (noise.isEmpty()) {
      if (first instanceof Message.Noise message) {
        throw refuseEncrypted(exchange, expected, message);
      }
      var peer = Handshake.accept(expected, transportState(carrier), exchange, first);
      return accepted(carrier, peer, client, exchange.proven(), isCertified, onVerified);
    }
    if (!(first instanceof Message.Noise message)) {
      throw refuseUnencrypted(exchange);
    }
    NativeNoise.EncryptedLink encrypted = noise(client).accept(carrier, exchange, message);
    HandshakeExchange within = exchange(encrypted.connection(), client);
    Message hello = within.receive();
    if (encrypted.isProof()) {
      onVerified.run();
    }
    var peer = Handshake.accept(expected, encrypted.below(), within, hello);
    Optional<SecretKey> proven =
        encrypted.below().proven()
            ? Optional.of(expected.secrets().get(encrypted.secret()))
            : within.proven();
    boolean isProof = isCertified || encrypted.isProof();
    return accepted(encrypted.connection(), peer, client, proven, isProof, onVerified);
  }

  /** Returns the secrets that the peer may prove: that of its client, or those of no client. */
  private List<SecretKey> secretsOf(HandshakeExchange exchange) throws PeerRefusedException {
    if (exchange.client().isPresent() && !secrets.isUsed()) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          "the remote proxy has neither clients nor a secret; add the client there, or log in"
              + " without "
              + Setting.CLIENT_NAME);
    }
    if (exchange.client().isPresent()) {
      return List.of(secrets.of(exchange.client().get()));
    }
    if (secrets.isClientRequired()) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          "the remote proxy admits only clients that it knows by name; set "
              + Setting.CLIENT_NAME
              + " and the secret of that client");
    }
    return secrets.ofNoClient();
  }

  /**
   * Returns the login of a peer that has proven what is required.
   *
   * @param secret the key of its secret, if one is required
   * @param isAuthenticated whether it has proven a key or a certificate
   */
  private Login accepted(
      Connection connection,
      Handshake.Peer peer,
      Optional<String> client,
      Optional<SecretKey> secret,
      boolean isAuthenticated,
      Runnable onVerified) {
    if (secret.isPresent()) {
      onVerified.run();
    }
    Optional<Secret> proven = secret.map(key -> secrets.proven(client, key));
    return new Login(
        connection,
        peer,
        client.map(name -> new ProvenClient(name, proven.orElseThrow())),
        new LoginProof(proven, isAuthenticated || secret.isPresent()));
  }

  private static HandshakeExchange exchange(Connection connection, Optional<String> client) {
    return new HandshakeExchange(connection.input(), connection.output(), client);
  }

  private Handshake.Channel transportState(Connection carrier) {
    return isBound
        ? new Handshake.Channel("tls", carrier.channelBinding(), false, false)
        : Handshake.Channel.PLAIN;
  }

  private static PeerRefusedException refuseEncrypted(
      HandshakeExchange exchange, Handshake.Local expected, Message.Noise first) {
    if (!expected.secrets().isEmpty()) {
      return exchange.refuse(
          ByeReason.TRANSPORT,
          "the remote proxy's "
              + Setting.TRANSPORT
              + " does not encrypt and the origin proxy's does; give both the same");
    }
    return NativeNoise.isSecretProof(first)
        ? exchange.refuse(
            ByeReason.CREDENTIALS,
            "the remote proxy has no secret, so it cannot decrypt the origin proxy's connection;"
                + " give it the same secret")
        : exchange.refuse(
            ByeReason.TRANSPORT,
            "the remote proxy has no key, so it cannot decrypt the origin proxy's connection; give"
                + " both the same "
                + Setting.NOISE_PATTERN);
  }

  private PeerRefusedException refuseUnencrypted(HandshakeExchange exchange) {
    return noise.get().isSecretProof()
        ? exchange.refuse(
            ByeReason.CREDENTIALS,
            "the remote proxy requires the secret and a connection encrypted with it; the origin"
                + " proxy's is not: give both the same secret and "
                + Setting.TRANSPORT)
        : exchange.refuse(
            ByeReason.TRANSPORT,
            "the remote proxy requires a connection encrypted with Noise and the origin proxy's is"
                + " not; give both the same "
                + Setting.TRANSPORT
                + " and "
                + Setting.NOISE_PATTERN);
  }
}
