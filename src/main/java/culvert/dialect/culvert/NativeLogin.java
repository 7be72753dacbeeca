package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.HandshakeExchange;
import culvert.protocol.Message;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
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
  private final boolean isBound;
  private final boolean isCertified;

  /**
   * Creates a side of a login.
   *
   * @param transport this side of the transport
   * @param noise encryption within the transport, if it is used
   * @param isBound whether both sides see the same ends of the transport, so that the proofs of the
   *     secret can include its channel binding
   * @param isCertified whether the transport's handshake requires a certificate of the peer
   */
  NativeLogin(
      Transport transport, Optional<NativeNoise> noise, boolean isBound, boolean isCertified) {
    this.transport = transport;
    this.noise = noise;
    this.isBound = isBound;
    this.isCertified = isCertified;
  }

  /**
   * Creates the remote proxy's side, which accepts any of the secrets.
   *
   * @param warnings receives a message about each unusable file, at the start and after each change
   */
  static NativeLogin accepting(
      RemoteSettings settings, List<SecretKey> secrets, BufferPool pool, SettingWarnings warnings) {
    Transport transport =
        TransportStack.accepting(
            settings.transport().kind(!secrets.isEmpty()),
            settings.tls(),
            settings.transport().webSocket(),
            PeerNames.ORIGIN_PROXY,
            pool,
            warnings);
    boolean isCertified = settings.tls().flatMap(TlsServerSettings::clientAuthorities).isPresent();
    return of(settings.transport(), transport, secrets, false, isCertified, pool);
  }

  /** Creates the origin proxy's side. */
  static NativeLogin dialling(
      OriginSettings settings, List<SecretKey> secret, BufferPool pool, SettingWarnings warnings) {
    Transport transport =
        TransportStack.dialling(
            settings.transport().kind(!secret.isEmpty()),
            settings.tls().orElse(TlsClientSettings.DEFAULT),
            settings.transport().webSocket(),
            settings.remoteProxy().dialled(),
            PeerNames.REMOTE_PROXY,
            pool,
            warnings);
    return of(settings.transport(), transport, secret, true, false, pool);
  }

  private static NativeLogin of(
      TransportSettings settings,
      Transport transport,
      List<SecretKey> secrets,
      boolean dialling,
      boolean isCertified,
      BufferPool pool) {
    boolean secret = !secrets.isEmpty();
    Optional<NativeNoise> noise =
        settings.isNoiseUsed(secret)
            ? Optional.of(
                settings
                    .noise()
                    .map(keys -> NativeNoise.withKeys(keys, dialling, pool))
                    .orElseGet(() -> NativeNoise.withSecret(secrets, pool)))
            : Optional.empty();
    return new NativeLogin(
        transport, noise, settings.kind(secret) == TransportKind.TLS, isCertified);
  }

  /**
   * A login that succeeded. Its connection is marked as authenticated when the session begins to
   * serve, which closes it in the end.
   *
   * @param connection carries the link
   * @param peer the other side's HELLO
   */
  record Login(Connection connection, Handshake.Peer peer) {}

  /** Logs in as the side that dialled. */
  Login dial(Connection fresh, Handshake.Local self) throws IOException {
    Connection carrier = transport.wrap(fresh);
    if (noise.isEmpty()) {
      return new Login(carrier, Handshake.dial(self, transportState(carrier), exchange(carrier)));
    }
    NativeNoise.EncryptedLink encrypted = noise.get().dial(carrier);
    Connection inside = encrypted.connection();
    return new Login(inside, Handshake.dial(self, encrypted.below(), exchange(inside)));
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
    HandshakeExchange exchange = exchange(carrier);
    exchange.readPreface();
    Message first = exchange.receive();
    if (noise.isEmpty()) {
      if (first instanceof Message.Noise message) {
        throw refuseEncrypted(exchange, self, message);
      }
      var peer = Handshake.accept(self, transportState(carrier), exchange, first);
      return accepted(carrier, peer, self, onVerified);
    }
    if (!(first instanceof Message.Noise message)) {
      throw refuseUnencrypted(exchange);
    }
    NativeNoise.EncryptedLink encrypted = noise.get().accept(carrier, exchange, message);
    HandshakeExchange within = exchange(encrypted.connection());
    Message hello = within.receive();
    if (encrypted.isProof()) {
      onVerified.run();
    }
    var peer = Handshake.accept(self, encrypted.below(), within, hello);
    return accepted(encrypted.connection(), peer, self, onVerified);
  }

  /** With a secret, the peer has proven it by now, whatever the transport is. */
  private static Login accepted(
      Connection connection, Handshake.Peer peer, Handshake.Local self, Runnable onVerified) {
    if (!self.secrets().isEmpty()) {
      onVerified.run();
    }
    return new Login(connection, peer);
  }

  private static HandshakeExchange exchange(Connection connection) {
    return new HandshakeExchange(connection.input(), connection.output());
  }

  private Handshake.Channel transportState(Connection carrier) {
    return isBound
        ? new Handshake.Channel("tls", carrier.channelBinding(), false, false)
        : Handshake.Channel.PLAIN;
  }

  private static PeerRefusedException refuseEncrypted(
      HandshakeExchange exchange, Handshake.Local self, Message.Noise first) {
    if (!self.secrets().isEmpty()) {
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
