package culvert.transport.noise;

import culvert.config.NoiseSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.noise.NoiseException;
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
import culvert.protocol.UnknownAnswerException;
import culvert.setting.Setting;
import culvert.transport.RecordConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;

/**
 * Encrypts a native connection with Noise (revision 34 of the specification). The handshake uses
 * NOISE messages after the preface. The versions and the protocol name in the first of them must be
 * those of this side; they are also the prologue, so that an attacker in between cannot change the
 * negotiation. A connection never returns to plaintext.
 */
public final class NativeNoise {

  /** Typical size of one batch of a link. */
  private static final int IDLE_BYTES = 16 * 1024;

  private static final String SECRET_PROTOCOL = "Noise_NNpsk0_25519_AESGCM_SHA256";

  private static final byte[] PSK_LABEL = "culvert 1 noise psk".getBytes(StandardCharsets.US_ASCII);

  /** Version of the encryption. It is independent of the version in the HELLO. */
  private static final int VERSION = 1;

  private static final byte[] PROLOGUE_LABEL =
      "culvert origin proxy to remote proxy\0".getBytes(StandardCharsets.US_ASCII);

  private final NoiseProtocol protocol;
  private final List<NoiseHandshake.Keys> keys;
  private final List<byte[]> peers;
  private final BufferPool pool;

  /** The name of the client that logs in, if it has one. */
  private final Optional<String> client;

  /**
   * An encrypted connection after its handshake.
   *
   * @param connection ends together with its carrier
   * @param below properties of the connection that the login uses
   * @param isProof whether the first bytes that the peer sends on it prove that it has the secret
   *     or one of the expected keys. The handshake may have been a replay: with most patterns the
   *     peer sends nothing in it that depends on this side's ephemeral key.
   * @param secret the position of the peer's secret among those of this side; 0 with static keys
   */
  public record EncryptedLink(
      Connection connection, Handshake.Channel below, boolean isProof, int secret) {}

  /**
   * Returns an instance that uses the shared secret alone, for all connections of a process.
   *
   * @param secrets any of them is accepted
   */
  public static NativeNoise withSecret(List<SecretKey> secrets, BufferPool pool) {
    return new NativeNoise(
        NoiseProtocol.parse(SECRET_PROTOCOL),
        secrets.stream().map(NativeNoise::keys).toList(),
        List.of(),
        pool,
        Optional.empty());
  }

  private static NoiseHandshake.Keys keys(SecretKey secret) {
    return new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(psk(secret)));
  }

  /**
   * Returns an instance for the connections of one client. The prologue has the client's name, so
   * that an attacker in between cannot change it.
   *
   * @param secret the client's secret; unused if the handshake does not prove one
   */
  public NativeNoise of(String client, SecretKey secret) {
    List<NoiseHandshake.Keys> own = isSecretProof() ? List.of(keys(secret)) : keys;
    return new NativeNoise(protocol, own, peers, pool, Optional.of(client));
  }

  /** Derives the pre-shared key, which differs from the key of the login's proofs. */
  private static byte[] psk(SecretKey secret) {
    return Sha256.hmac(secret, PSK_LABEL);
  }

  /** Returns an instance that uses static keys, for all connections of a process. */
  public static NativeNoise withKeys(NoiseSettings settings, boolean dialling, BufferPool pool) {
    return new NativeNoise(
        settings.protocol(), keys(settings, dialling), settings.peers(), pool, Optional.empty());
  }

  /**
   * Returns the keys that the pattern requires: one set for each peer that must be known before.
   */
  static List<NoiseHandshake.Keys> keys(NoiseSettings settings, boolean dialling) {
    NoiseProtocol protocol = settings.protocol();
    Optional<NoiseKeyPair> local =
        protocol.isLocalKeyRequired(dialling)
            ? settings.own().or(() -> Optional.of(NoiseKeyPair.generate()))
            : Optional.empty();
    return protocol.isRemoteKeyRequired(dialling)
        ? settings.peers().stream()
            .map(peer -> new NoiseHandshake.Keys(local, Optional.of(peer), Optional.empty()))
            .toList()
        : List.of(new NoiseHandshake.Keys(local, Optional.empty(), Optional.empty()));
  }

  private NativeNoise(
      NoiseProtocol protocol,
      List<NoiseHandshake.Keys> keys,
      List<byte[]> peers,
      BufferPool pool,
      Optional<String> client) {
    this.protocol = protocol;
    this.keys = List.copyOf(keys);
    this.peers = List.copyOf(peers);
    this.pool = pool;
    this.client = client;
  }

  /** Returns whether the handshake proves the secret, so that the login need not. */
  public boolean isSecretProof() {
    return protocol.isPskRequired();
  }

  /** Returns whether a handshake that starts with this message proves the secret. */
  public static boolean isSecretProof(Message.Noise first) {
    return first.protocol().equals(SECRET_PROTOCOL);
  }

  /**
   * Performs the handshake of the origin proxy, in the calling thread.
   *
   * @throws PeerRefusedException if the remote proxy refuses, or does not have the expected key or
   *     secret
   * @throws ProtocolException if the peer is not a Culvert remote proxy
   */
  public EncryptedLink dial(Connection carrier) throws IOException {
    var exchange = new HandshakeExchange(carrier.input(), carrier.output(), client);
    var noise = NoiseHandshake.initiator(protocol, keys.getFirst(), prologue());
    exchange.begin(nextMessage(noise));
    while (!noise.isDone()) {
      read(noise, receive(exchange), exchange, carrier, "the remote proxy");
      if (!noise.isDone()) {
        exchange.send(nextMessage(noise));
      }
    }
    return encrypted(carrier, noise, 0);
  }

  private byte[] prologue() {
    // No protocol's name has a zero byte, so the two names cannot be confused.
    String names = protocol.name() + client.map(name -> "\0" + name).orElse("");
    byte[] bytes = names.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(PROLOGUE_LABEL.length + 2 + bytes.length)
        .put(PROLOGUE_LABEL)
        .put((byte) VERSION)
        .put((byte) VERSION)
        .put(bytes)
        .array();
  }

  private Message.Noise nextMessage(NoiseHandshake noise) throws IOException {
    return new Message.Noise(VERSION, VERSION, protocol.name(), noise.writeMessage(new byte[0]));
  }

  private Message.Noise receive(HandshakeExchange exchange) throws IOException {
    try {
      return exchange.receive(Message.Noise.class);
    } catch (ProtocolException e) {
      throw new UnknownAnswerException(e);
    }
  }

  private void read(
      NoiseHandshake noise,
      Message.Noise message,
      HandshakeExchange exchange,
      Connection carrier,
      String peer)
      throws IOException {
    checkUnchanged(message);
    try {
      noise.readMessage(message.message());
    } catch (NoiseException e) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          isSecretProof() ? peer + " does not have the secret" : wrongKey(peer));
    }
    if (!isExpectedPeer(noise)) {
      // A peer that has completed the handshake reads only encrypted records.
      HandshakeExchange current = noise.isDone() ? within(encrypted(carrier, noise, 0)) : exchange;
      throw current.refuse(ByeReason.CREDENTIALS, wrongKey(peer));
    }
  }

  /** Checks that the message repeats the values of the first one, which are in the prologue. */
  private void checkUnchanged(Message.Noise message) throws ProtocolException {
    if (message.minVersion() != VERSION
        || message.maxVersion() != VERSION
        || !message.protocol().equals(protocol.name())) {
      throw new ProtocolException("NOISE with a different version or protocol than the first one");
    }
  }

  private static HandshakeExchange within(EncryptedLink link) {
    return new HandshakeExchange(link.connection().input(), link.connection().output());
  }

  private static String wrongKey(String peer) {
    return peer
        + "'s key is not the "
        + Setting.NOISE_PEER_KEY
        + " that was given to the other side";
  }

  private boolean isExpectedPeer(NoiseHandshake noise) {
    Optional<byte[]> key = noise.remoteStatic();
    return peers.isEmpty()
        || key.isEmpty()
        || peers.stream().anyMatch(peer -> Arrays.equals(peer, key.get()));
  }

  /**
   * Performs the handshake of the remote proxy, in the calling thread. A refusal is sent to the
   * peer before it is thrown.
   *
   * @param exchange has read the preface and {@code first}
   * @throws PeerRefusedException if the peer does not have the required key or secret
   */
  public EncryptedLink accept(Connection carrier, HandshakeExchange exchange, Message.Noise first)
      throws IOException {
    check(exchange, first);
    Started started = readFirst(exchange, first);
    NoiseHandshake noise = started.noise();
    while (!noise.isDone()) {
      exchange.send(nextMessage(noise));
      if (!noise.isDone()) {
        var message = exchange.receive(Message.Noise.class);
        read(noise, message, exchange, carrier, "the origin proxy");
      }
    }
    return encrypted(carrier, noise, isSecretProof() ? started.keys() : 0);
  }

  private void check(HandshakeExchange exchange, Message.Noise first) throws PeerRefusedException {
    if (first.minVersion() != VERSION || first.maxVersion() != VERSION) {
      throw exchange.refuse(
          ByeReason.VERSION,
          "this remote proxy supports encryption version "
              + VERSION
              + " and the origin proxy "
              + first.minVersion()
              + " to "
              + first.maxVersion()
              + "; update the older one");
    }
    if (!first.protocol().equals(protocol.name())) {
      throw exchange.refuse(
          ByeReason.TRANSPORT,
          "this remote proxy encrypts with "
              + protocol.name()
              + " and the origin proxy with "
              + first.protocol()
              + "; use a secret alone on both sides, or the same "
              + Setting.NOISE_PATTERN);
    }
  }

  /** A handshake with the set of keys at this position. */
  private record Started(NoiseHandshake noise, int keys) {}

  /** Returns the handshake with the set of keys that matches the first message. */
  private Started readFirst(HandshakeExchange exchange, Message.Noise first)
      throws PeerRefusedException {
    for (int i = 0; i < keys.size(); i++) {
      var noise = NoiseHandshake.responder(protocol, keys.get(i), prologue());
      try {
        noise.readMessage(first.message());
        return new Started(noise, i);
      } catch (NoiseException e) {
        // The next set of keys may match.
      }
    }
    throw exchange.refuse(
        ByeReason.CREDENTIALS,
        isSecretProof()
            ? client.map(PeerRefusedException::wrongSecretOf).orElse("the secret is wrong")
            : "the keys do not match: the origin proxy's "
                + Setting.NOISE_PEER_KEY
                + " is not the remote proxy's public key"
                + (protocol.isRemoteKeyRequired(false) ? ", or vice versa" : ""));
  }

  private EncryptedLink encrypted(Connection carrier, NoiseHandshake noise, int secret) {
    var connection =
        new RecordConnection(
            carrier,
            new NoiseRecordEncoder(noise.sending(), NoiseFraming.NATIVE),
            new NoiseRecordDecoder(noise.receiving(), NoiseFraming.NATIVE),
            ByteBuffer.allocate(0),
            pool,
            IDLE_BYTES);
    boolean isKeyExpected = !peers.isEmpty() && noise.remoteStatic().isPresent();
    return new EncryptedLink(
        connection,
        new Handshake.Channel(protocol.name(), noise.hash(), true, isSecretProof()),
        isSecretProof() || isKeyExpected,
        secret);
  }
}
