package culvert.noise;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One side of a handshake (HandshakeState of section 5.3): messages are written and read in turn,
 * the initiator's first, until it {@linkplain #isDone is done}. One thread uses it at a time.
 *
 * <p>A handshake in which anything failed is of no further use. What came in a message that no key
 * had sealed yet, such as the payload of the first message of NN, is proved only by the next
 * message that verifies.
 */
public final class NoiseHandshake {

  /**
   * What one side brings along.
   *
   * @param local its own key pair; not used where the pattern needs none
   * @param remoteStatic the other's public key. Where the handshake tells it, this is the one it
   *     has to be
   * @param psk the pre-shared key, 32 bytes
   */
  public record Keys(
      Optional<NoiseKeyPair> local, Optional<byte[]> remoteStatic, Optional<byte[]> psk) {

    /** The arrays are copied, and have 32 bytes. */
    public Keys {
      remoteStatic.ifPresent(key -> NoiseKeyPair.checkLength("public", key));
      psk.ifPresent(key -> NoiseKeyPair.checkLength("pre-shared", key));
      remoteStatic = remoteStatic.map(byte[]::clone);
      psk = psk.map(byte[]::clone);
    }
  }

  private final NoiseProtocol protocol;
  private final boolean initiator;
  private final Keys keys;
  private final Supplier<NoiseKeyPair> ephemerals;
  private final SymmetricState symmetric;
  private final List<List<HandshakeToken>> messages;
  private NoiseKeyPair ephemeral;
  private byte[] remoteEphemeral;
  private byte[] remoteStatic;
  private NoiseCipher[] ciphers;
  private int past;
  private boolean failed;

  /** With the ephemeral keys of somebody's choice. */
  NoiseHandshake(
      NoiseProtocol protocol,
      boolean initiator,
      Keys keys,
      byte[] prologue,
      Supplier<NoiseKeyPair> ephemerals) {
    check(protocol, initiator, keys);
    this.protocol = protocol;
    this.initiator = initiator;
    this.keys = keys;
    this.ephemerals = ephemerals;
    this.symmetric = new SymmetricState(protocol);
    this.messages = protocol.pattern().messages();
    symmetric.mixHash(prologue);
    mixKnown(true);
    mixKnown(false);
    if (protocol.isRemoteKeyRequired(initiator)) {
      remoteStatic = keys.remoteStatic().orElseThrow();
    }
  }

  /**
   * The side that writes first.
   *
   * @param prologue what both must have the same of; may be empty
   * @throws IllegalArgumentException if the keys are not those the protocol needs
   */
  public static NoiseHandshake initiator(NoiseProtocol protocol, Keys keys, byte[] prologue) {
    return new NoiseHandshake(protocol, true, keys, prologue, NoiseKeyPair::generate);
  }

  /** The side that reads first; otherwise as {@link #initiator}. */
  public static NoiseHandshake responder(NoiseProtocol protocol, Keys keys, byte[] prologue) {
    return new NoiseHandshake(protocol, false, keys, prologue, NoiseKeyPair::generate);
  }

  private static void check(NoiseProtocol protocol, boolean initiator, Keys keys) {
    String side = initiator ? "initiator" : "responder";
    if (protocol.isLocalKeyRequired(initiator) && keys.local().isEmpty()) {
      throw new IllegalArgumentException(
          protocol + " needs a key pair of the " + side + "'s own, and there is none");
    }
    if (protocol.isRemoteKeyRequired(initiator) && keys.remoteStatic().isEmpty()) {
      throw new IllegalArgumentException(
          protocol + " needs the peer's public key at the " + side + ", and there is none");
    }
    if (keys.remoteStatic().isPresent()
        && !protocol.isRemoteKeyRequired(initiator)
        && !protocol.isRemoteKeySent(initiator)) {
      throw new IllegalArgumentException(
          protocol + " does not prove the peer's public key to the " + side + ": give none");
    }
    if (protocol.isPskRequired() != keys.psk().isPresent()) {
      throw new IllegalArgumentException(
          protocol
              + (protocol.isPskRequired()
                  ? " needs a pre-shared key, and there is none"
                  : " takes no pre-shared key: give none"));
    }
  }

  private void mixKnown(boolean ofInitiator) {
    if (protocol.pattern().isStaticKnown(ofInitiator)) {
      symmetric.mixHash(
          ofInitiator == initiator ? local().publicKey() : keys.remoteStatic().orElseThrow());
    }
  }

  /** Whether all messages are past. */
  public boolean isDone() {
    return past == messages.size();
  }

  /** Whether the next step is {@link #writeMessage}. */
  public boolean isMyTurn() {
    return !isDone() && (past % 2 == 0) == initiator;
  }

  /**
   * The next message.
   *
   * @param payload may be empty
   * @throws NoiseException if the key the peer has sent is of low order
   * @throws IllegalArgumentException if the message would have more than {@value
   *     NoiseCipher#MAX_MESSAGE_BYTES} bytes
   * @throws IllegalStateException if it is not this side's turn, or something had failed before
   */
  public byte[] writeMessage(byte[] payload) throws NoiseException {
    begin(true);
    List<HandshakeToken> tokens = messages.get(past);
    int most = tokens.size() * (NoiseKeyPair.KEY_BYTES + NoiseCipher.TAG_BYTES);
    var message = ByteBuffer.allocate(most + payload.length + NoiseCipher.TAG_BYTES);
    for (HandshakeToken token : tokens) {
      switch (token) {
        case E -> {
          ephemeral = ephemerals.get();
          message.put(ephemeral.publicKey());
          mixEphemeral(ephemeral.publicKey());
        }
        case S -> symmetric.encryptAndHash(local().publicKey(), message);
        case PSK -> symmetric.mixKeyAndHash(keys.psk().orElseThrow());
        case EE, ES, SE, SS -> mixSecret(token);
      }
    }
    int bytes = message.position() + payload.length + symmetric.overhead();
    if (bytes > NoiseCipher.MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "the payload makes a handshake message of "
              + bytes
              + " bytes: at most "
              + NoiseCipher.MAX_MESSAGE_BYTES
              + " are possible");
    }
    symmetric.encryptAndHash(payload, message);
    end();
    return Arrays.copyOf(message.array(), bytes);
  }

  /**
   * Takes the peer's next message.
   *
   * @return its payload: all of the message that is no key
   * @throws NoiseException if the message is not the peer's
   * @throws IllegalStateException if it is not the peer's turn, or something had failed before
   */
  public byte[] readMessage(byte[] message) throws NoiseException {
    begin(false);
    if (message.length > NoiseCipher.MAX_MESSAGE_BYTES) {
      throw refused("has " + message.length + " bytes: at most 65535 are possible");
    }
    var rest = ByteBuffer.wrap(message);
    for (HandshakeToken token : messages.get(past)) {
      switch (token) {
        case E -> {
          remoteEphemeral = take(rest, NoiseKeyPair.KEY_BYTES);
          mixEphemeral(remoteEphemeral);
        }
        case S -> readStatic(take(rest, NoiseKeyPair.KEY_BYTES + symmetric.overhead()));
        case PSK -> symmetric.mixKeyAndHash(keys.psk().orElseThrow());
        case EE, ES, SE, SS -> mixSecret(token);
      }
    }
    byte[] payload = open(take(rest, Math.max(rest.remaining(), symmetric.overhead())));
    end();
    return payload;
  }

  private byte[] take(ByteBuffer message, int bytes) throws NoiseException {
    if (message.remaining() < bytes) {
      throw refused("is cut off after " + message.limit() + " bytes");
    }
    var taken = new byte[bytes];
    message.get(taken);
    return taken;
  }

  private byte[] open(byte[] sealed) throws NoiseException {
    byte[] plain = symmetric.decryptAndHash(sealed);
    if (plain == null) {
      throw refused("does not verify");
    }
    return plain;
  }

  private void readStatic(byte[] sealed) throws NoiseException {
    byte[] told = open(sealed);
    if (keys.remoteStatic().isPresent()
        && !MessageDigest.isEqual(keys.remoteStatic().get(), told)) {
      throw refused("holds another public key than the expected one");
    }
    remoteStatic = told;
  }

  /** With a pre-shared key in the pattern, e makes a key too (section 9.2). */
  private void mixEphemeral(byte[] publicKey) {
    symmetric.mixHash(publicKey);
    if (protocol.isPskRequired()) {
      symmetric.mixKey(publicKey);
    }
  }

  private void mixSecret(HandshakeToken token) throws NoiseException {
    boolean ownStatic =
        token == HandshakeToken.SS || token == (initiator ? HandshakeToken.SE : HandshakeToken.ES);
    boolean otherStatic =
        token == HandshakeToken.SS || token == (initiator ? HandshakeToken.ES : HandshakeToken.SE);
    NoiseKeyPair own = ownStatic ? local() : ephemeral;
    byte[] secret = own.agree(otherStatic ? remoteStatic : remoteEphemeral);
    symmetric.mixKey(secret);
    Arrays.fill(secret, (byte) 0);
  }

  private NoiseKeyPair local() {
    return keys.local().orElseThrow();
  }

  private NoiseException refused(String text) {
    return new NoiseException("Noise handshake message " + (past + 1) + " " + text);
  }

  /** Whatever leaves early leaves it failed. */
  private void begin(boolean mine) {
    if (failed) {
      throw new IllegalStateException("this handshake has failed");
    }
    if (isDone() || isMyTurn() != mine) {
      throw new IllegalStateException(
          isDone() ? "the handshake is done" : mine ? "the peer's turn" : "not the peer's turn");
    }
    failed = true;
  }

  private void end() {
    failed = false;
    past++;
    if (isDone()) {
      ciphers = symmetric.split();
      ephemeral = null;
    }
  }

  private void checkDone() {
    if (!isDone()) {
      throw new IllegalStateException("the handshake is not done");
    }
  }

  /** The hash of the whole handshake, which is this session's alone (section 11.2); a copy. */
  public byte[] hash() {
    checkDone();
    return symmetric.hash();
  }

  /** The other's public key, as soon as it is known; a copy. */
  public Optional<byte[]> remoteStatic() {
    return Optional.ofNullable(remoteStatic).map(byte[]::clone);
  }

  /** What seals this side's messages from now on, the same at each call. */
  public NoiseCipher sending() {
    checkDone();
    return ciphers[initiator ? 0 : 1];
  }

  /** What opens the other side's messages from now on, the same at each call. */
  public NoiseCipher receiving() {
    checkDone();
    return ciphers[initiator ? 1 : 0];
  }
}
