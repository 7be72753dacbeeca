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
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.transport.RecordConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Seals a native connection with Noise (revision 34 of its specification). The handshake travels in
 * SEAL messages behind the preface; the versions and the protocol's name that stand in the first of
 * them must be this side's own, and are its prologue, so that nobody on the way can change what the
 * sides agreed on. There is no way back to an open connection.
 */
public final class NativeNoise {

  /** What a usual batch of a leg brings. */
  private static final int IDLE_BYTES = 16 * 1024;

  private static final String BY_SECRET = "Noise_NNpsk0_25519_AESGCM_SHA256";

  private static final byte[] PSK_LABEL = "culvert 1 noise psk".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] LABEL =
      "culvert origin proxy to remote proxy\0".getBytes(StandardCharsets.US_ASCII);

  private final NoiseProtocol protocol;
  private final List<NoiseHandshake.Keys> keys;
  private final List<byte[]> peers;
  private final BufferPool pool;

  /**
   * A connection that is sealed from now on.
   *
   * @param connection ends as its carrier does
   * @param below what the login is to know of it
   */
  public record EncryptedLink(Connection connection, Handshake.Below below) {}

  /**
   * By the secret alone, one for all connections of a process.
   *
   * @param secrets any of them is good
   */
  public static NativeNoise withSecret(List<SecretKey> secrets, BufferPool pool) {
    List<NoiseHandshake.Keys> keys =
        secrets.stream()
            .map(secret ->
                new NoiseHandshake.Keys(
                    Optional.empty(), Optional.empty(), Optional.of(psk(secret))))
            .toList();
    return new NativeNoise(NoiseProtocol.parse(BY_SECRET), keys, List.of(), pool);
  }

  /** Another key than the one of the proofs. */
  private static byte[] psk(SecretKey secret) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(secret);
      return mac.doFinal(PSK_LABEL);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  /** By keys, one for all connections of a process. */
  public static NativeNoise withKeys(NoiseSettings settings, boolean dialling, BufferPool pool) {
    return new NativeNoise(settings.protocol(), keys(settings, dialling), settings.peers(), pool);
  }

  /** What the pattern wants of this side: one set for each peer, if it must know them before. */
  static List<NoiseHandshake.Keys> keys(NoiseSettings settings, boolean dialling) {
    NoiseProtocol protocol = settings.protocol();
    Optional<NoiseKeyPair> own =
        protocol.isLocalKeyRequired(dialling)
            ? settings.own().or(() -> Optional.of(NoiseKeyPair.generate()))
            : Optional.empty();
    return protocol.isRemoteKeyRequired(dialling)
        ? settings.peers().stream()
            .map(peer -> new NoiseHandshake.Keys(own, Optional.of(peer), Optional.empty()))
            .toList()
        : List.of(new NoiseHandshake.Keys(own, Optional.empty(), Optional.empty()));
  }

  private NativeNoise(
      NoiseProtocol protocol, List<NoiseHandshake.Keys> keys, List<byte[]> peers, BufferPool pool) {
    this.protocol = protocol;
    this.keys = List.copyOf(keys);
    this.peers = List.copyOf(peers);
    this.pool = pool;
  }

  /** Whether it proves the secret, so that nothing else has to. */
  public boolean isSecretProof() {
    return protocol.isPskRequired();
  }

  /** Whether a peer with this first message proves the secret by it. */
  public static boolean isSecretProof(Message.Seal first) {
    return first.protocol().equals(BY_SECRET);
  }

  /**
   * The dialling side.
   *
   * @throws RefusedException if the remote proxy refuses, or is not who it should be
   * @throws ProtocolException if what answers is no Culvert remote proxy
   */
  public EncryptedLink dial(Connection carrier) throws IOException {
    var exchange = new HandshakeExchange(carrier.input(), carrier.output());
    var noise = NoiseHandshake.initiator(protocol, keys.getFirst(), prologue());
    exchange.begin(next(noise));
    while (!noise.isDone()) {
      read(noise, answer(exchange), exchange, carrier, "the remote proxy");
      if (!noise.isDone()) {
        exchange.send(next(noise));
      }
    }
    return sealed(carrier, noise);
  }

  private byte[] prologue() {
    byte[] name = protocol.name().getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(LABEL.length + 2 + name.length)
        .put(LABEL)
        .put((byte) Message.VERSION)
        .put((byte) Message.VERSION)
        .put(name)
        .array();
  }

  private Message.Seal next(NoiseHandshake noise) throws IOException {
    return new Message.Seal(
        Message.VERSION, Message.VERSION, protocol.name(), noise.writeMessage(new byte[0]));
  }

  private Message.Seal answer(HandshakeExchange exchange) throws IOException {
    try {
      return exchange.receive(Message.Seal.class);
    } catch (ProtocolException e) {
      throw new ProtocolException(
          "what answers there is no Culvert remote proxy (" + e.getMessage() + ")");
    }
  }

  private void read(
      NoiseHandshake noise,
      Message.Seal seal,
      HandshakeExchange exchange,
      Connection carrier,
      String peer)
      throws IOException {
    checkSame(seal);
    try {
      noise.readMessage(seal.message());
    } catch (NoiseException e) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          isSecretProof() ? peer + " does not know the secret" : anotherKey(peer));
    }
    if (isStranger(noise)) {
      // A peer for whom the handshake is done listens to nothing but sealed records.
      HandshakeExchange heard = noise.isDone() ? within(sealed(carrier, noise)) : exchange;
      throw heard.refuse(ByeReason.CREDENTIALS, anotherKey(peer));
    }
  }

  /** What the first message said is agreed, and stands in the prologue; the others repeat it. */
  private void checkSame(Message.Seal seal) throws ProtocolException {
    if (seal.minVersion() != Message.VERSION
        || seal.maxVersion() != Message.VERSION
        || !seal.protocol().equals(protocol.name())) {
      throw new ProtocolException("SEAL with another version or protocol than the first had");
    }
  }

  private static HandshakeExchange within(EncryptedLink sealed) {
    return new HandshakeExchange(sealed.connection().input(), sealed.connection().output());
  }

  private static String anotherKey(String peer) {
    return peer + " has another key than the --noise-peer-key that the other side was given";
  }

  private boolean isStranger(NoiseHandshake noise) {
    Optional<byte[]> shown = noise.remoteStatic();
    return !peers.isEmpty()
        && shown.isPresent()
        && peers.stream().noneMatch(peer -> Arrays.equals(peer, shown.get()));
  }

  /**
   * The accepting side. A refusal is told to the peer before it is thrown.
   *
   * @param exchange has read the preface and {@code first}
   * @throws RefusedException if the peer does not have what it needs to have
   */
  public EncryptedLink accept(Connection carrier, HandshakeExchange exchange, Message.Seal first)
      throws IOException {
    check(exchange, first);
    NoiseHandshake noise = admit(exchange, first);
    while (!noise.isDone()) {
      exchange.send(next(noise));
      if (!noise.isDone()) {
        var answer = exchange.receive(Message.Seal.class);
        read(noise, answer, exchange, carrier, "the origin proxy");
      }
    }
    return sealed(carrier, noise);
  }

  private void check(HandshakeExchange exchange, Message.Seal first) throws RefusedException {
    if (first.minVersion() != Message.VERSION || first.maxVersion() != Message.VERSION) {
      throw exchange.refuse(
          ByeReason.VERSION,
          "this remote proxy seals version "
              + Message.VERSION
              + " and the origin proxy "
              + first.minVersion()
              + " to "
              + first.maxVersion()
              + "; update the older one");
    }
    if (!first.protocol().equals(protocol.name())) {
      throw exchange.refuse(
          ByeReason.TRANSPORT,
          "this remote proxy seals with "
              + protocol.name()
              + " and the origin proxy with "
              + first.protocol()
              + "; a secret alone on both sides, or the same --noise-pattern, makes them fit");
    }
  }

  /** The handshake of whichever set of keys fits the first message. */
  private NoiseHandshake admit(HandshakeExchange exchange, Message.Seal first)
      throws RefusedException {
    for (NoiseHandshake.Keys candidate : keys) {
      var noise = NoiseHandshake.responder(protocol, candidate, prologue());
      try {
        noise.readMessage(first.message());
        return noise;
      } catch (NoiseException e) {
        // Another may fit.
      }
    }
    throw exchange.refuse(
        ByeReason.CREDENTIALS,
        isSecretProof()
            ? "the secret is wrong"
            : "the keys do not fit: the origin proxy's --noise-peer-key is not the remote proxy's"
                + " public key"
                + (protocol.isRemoteKeyRequired(false) ? ", or the other way around" : ""));
  }

  private EncryptedLink sealed(Connection carrier, NoiseHandshake noise) {
    var connection =
        new RecordConnection(
            carrier,
            new NoiseRecordEncoder(noise.sending(), NoiseFraming.NATIVE),
            new NoiseRecordDecoder(noise.receiving(), NoiseFraming.NATIVE),
            ByteBuffer.allocate(0),
            pool,
            IDLE_BYTES);
    return new EncryptedLink(
        connection, new Handshake.Below(protocol.name(), noise.hash(), true, isSecretProof()));
  }
}
