package culvert.noise;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One side of a handshake (HandshakeState of section 5.3). Messages are written and read in turn,
 * starting with the initiator's, until the handshake {@linkplain #isDone is done}. One thread uses
 * it at a time.
 *
 * <p>A handshake in which any step failed cannot be used again. The payload of a message that is
 * not encrypted, such as the first message of NN, is authenticated only by the next encrypted
 * message.
 */
public final class NoiseHandshake {

  /**
   * The keys that one side has before the handshake.
   *
   * @param local its own static key pair; ignored if the pattern does not use it
   * @param remoteStatic the static public key of the peer. If the peer sends its key, it must be
   *     equal to this one
   * @param psk the pre-shared key, 32 bytes
   */
  public record Keys(
      Optional<NoiseKeyPair> local, Optional<byte[]> remoteStatic, Optional<byte[]> psk) {

    /** Checks that the arrays have 32 bytes, and copies them. */
    public Keys {
      remoteStatic.ifPresent(key -> NoiseKeyPair.checkLength("public", key));
      psk.ifPresent(key -> NoiseKeyPair.checkLength("pre-shared", key));
      remoteStatic = remoteStatic.map(byte[]::clone);
      psk = psk.map(byte[]::clone);
    }
  }

  private final NoiseProtocol protocol;
  private final boolean isInitiator;
  private final Keys keys;
  private final Supplier<NoiseKeyPair> ephemerals;
  private final SymmetricState symmetric;
  private final List<List<HandshakeToken>> messages;
  private NoiseKeyPair ephemeral;
  private byte[] remoteEphemeral;
  private byte[] remoteStatic;
  private NoiseCipher[] ciphers;
  private int messageIndex;
  private boolean failed;

  /** Creates a handshake that takes its ephemeral keys from {@code ephemerals}. */
  NoiseHandshake(
      NoiseProtocol protocol,
      boolean isInitiator,
      Keys keys,
      byte[] prologue,
      Supplier<NoiseKeyPair> ephemerals) {
    check(protocol, isInitiator, keys);
    this.protocol = protocol;
    this.isInitiator = isInitiator;
    this.keys = keys;
    this.ephemerals = ephemerals;
    this.symmetric = new SymmetricState(protocol);
    this.messages = protocol.pattern().messages();
    symmetric.mixHash(prologue);
    mixPreMessage(true);
    mixPreMessage(false);
    if (protocol.isRemoteKeyRequired(isInitiator)) {
      remoteStatic = keys.remoteStatic().orElseThrow();
    }
  }

  /**
   * Returns the side that writes first.
   *
   * @param prologue data that must be equal on both sides; may be empty
   * @throws IllegalArgumentException if the keys are not those that the protocol requires
   */
  public static NoiseHandshake initiator(NoiseProtocol protocol, Keys keys, byte[] prologue) {
    return new NoiseHandshake(protocol, true, keys, prologue, NoiseKeyPair::generate);
  }

  /** Returns the side that reads first; otherwise like {@link #initiator}. */
  public static NoiseHandshake responder(NoiseProtocol protocol, Keys keys, byte[] prologue) {
    return new NoiseHandshake(protocol, false, keys, prologue, NoiseKeyPair::generate);
  }

  private static void check(NoiseProtocol protocol, boolean initiator, Keys keys) {
    String side = initiator ? "initiator" : "responder";
    if (protocol.isLocalKeyRequired(initiator) && keys.local().isEmpty()) {
      throw new IllegalArgumentException(
          protocol + " requires a static key pair of the " + side + ", but none was given");
    }
    if (protocol.isRemoteKeyRequired(initiator) && keys.remoteStatic().isEmpty()) {
      throw new IllegalArgumentException(
          protocol + " requires the peer's public key at the " + side + ", but none was given");
    }
    if (keys.remoteStatic().isPresent()
        && !protocol.isRemoteKeyRequired(initiator)
        && !protocol.isRemoteKeySent(initiator)) {
      throw new IllegalArgumentException(
          protocol
              + " does not authenticate the peer's public key to the "
              + side
              + "; none may be given");
    }
    if (protocol.isPskRequired() != keys.psk().isPresent()) {
      throw new IllegalArgumentException(
          protocol
              + (protocol.isPskRequired()
                  ? " requires a pre-shared key, but none was given"
                  : " does not use a pre-shared key; none may be given"));
    }
  }

  private void mixPreMessage(boolean ofInitiator) {
    if (protocol.pattern().isStaticKnown(ofInitiator)) {
      symmetric.mixHash(
          ofInitiator == isInitiator ? local().publicKey() : keys.remoteStatic().orElseThrow());
    }
  }

  /** Returns whether all messages have been written or read. */
  public boolean isDone() {
    return messageIndex == messages.size();
  }

  /** Returns whether the next step is {@link #writeMessage}. */
  public boolean isMyTurn() {
    return !isDone() && (messageIndex % 2 == 0) == isInitiator;
  }

  /**
   * Returns the next message (WriteMessage of section 5.3).
   *
   * @param payload may be empty
   * @throws NoiseException if a key that the peer sent is of low order
   * @throws IllegalArgumentException if the message would have more than {@value
   *     NoiseCipher#MAX_MESSAGE_BYTES} bytes
   * @throws IllegalStateException if it is not this side's turn, or an earlier step failed
   */
  public byte[] writeMessage(byte[] payload) throws NoiseException {
    begin(true);
    List<HandshakeToken> tokens = messages.get(messageIndex);
    int maxTokenBytes = tokens.size() * (NoiseKeyPair.KEY_BYTES + NoiseCipher.TAG_BYTES);
    var message = ByteBuffer.allocate(maxTokenBytes + payload.length + NoiseCipher.TAG_BYTES);
    for (HandshakeToken token : tokens) {
      switch (token) {
        case E -> {
          ephemeral = ephemerals.get();
          message.put(ephemeral.publicKey());
          mixEphemeral(ephemeral.publicKey());
        }
        case S -> symmetric.encryptAndHash(local().publicKey(), message);
        case PSK -> symmetric.mixKeyAndHash(keys.psk().orElseThrow());
        case EE, ES, SE, SS -> mixDh(token);
      }
    }
    int bytes = message.position() + payload.length + symmetric.overhead();
    if (bytes > NoiseCipher.MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "a Noise handshake message of "
              + bytes
              + " bytes (maximum: "
              + NoiseCipher.MAX_MESSAGE_BYTES
              + ")");
    }
    symmetric.encryptAndHash(payload, message);
    end();
    return Arrays.copyOf(message.array(), bytes);
  }

  /**
   * Reads the peer's next message (ReadMessage of section 5.3).
   *
   * @return its payload
   * @throws NoiseException if the message is invalid
   * @throws IllegalStateException if it is not the peer's turn, or an earlier step failed
   */
  public byte[] readMessage(byte[] message) throws NoiseException {
    begin(false);
    if (message.length > NoiseCipher.MAX_MESSAGE_BYTES) {
      throw invalid("has " + message.length + " bytes (maximum: 65535)");
    }
    var remaining = ByteBuffer.wrap(message);
    for (HandshakeToken token : messages.get(messageIndex)) {
      switch (token) {
        case E -> {
          remoteEphemeral = take(remaining, NoiseKeyPair.KEY_BYTES);
          mixEphemeral(remoteEphemeral);
        }
        case S -> readStatic(take(remaining, NoiseKeyPair.KEY_BYTES + symmetric.overhead()));
        case PSK -> symmetric.mixKeyAndHash(keys.psk().orElseThrow());
        case EE, ES, SE, SS -> mixDh(token);
      }
    }
    byte[] payload =
        decrypt(take(remaining, Math.max(remaining.remaining(), symmetric.overhead())));
    end();
    return payload;
  }

  private byte[] take(ByteBuffer message, int bytes) throws NoiseException {
    if (message.remaining() < bytes) {
      throw invalid("is truncated after " + message.limit() + " bytes");
    }
    var taken = new byte[bytes];
    message.get(taken);
    return taken;
  }

  private byte[] decrypt(byte[] encrypted) throws NoiseException {
    byte[] plain = symmetric.decryptAndHash(encrypted);
    if (plain == null) {
      throw invalid("failed authentication");
    }
    return plain;
  }

  private void readStatic(byte[] encrypted) throws NoiseException {
    byte[] key = decrypt(encrypted);
    if (keys.remoteStatic().isPresent() && !MessageDigest.isEqual(keys.remoteStatic().get(), key)) {
      throw invalid("contains a different public key than expected");
    }
    remoteStatic = key;
  }

  /** In a pattern with a pre-shared key, the token e also calls MixKey (section 9.2). */
  private void mixEphemeral(byte[] publicKey) {
    symmetric.mixHash(publicKey);
    if (protocol.isPskRequired()) {
      symmetric.mixKey(publicKey);
    }
  }

  private void mixDh(HandshakeToken token) throws NoiseException {
    boolean usesLocalStatic =
        token == HandshakeToken.SS
            || token == (isInitiator ? HandshakeToken.SE : HandshakeToken.ES);
    boolean usesRemoteStatic =
        token == HandshakeToken.SS
            || token == (isInitiator ? HandshakeToken.ES : HandshakeToken.SE);
    NoiseKeyPair pair = usesLocalStatic ? local() : ephemeral;
    byte[] secret = pair.agree(usesRemoteStatic ? remoteStatic : remoteEphemeral);
    symmetric.mixKey(secret);
    Arrays.fill(secret, (byte) 0);
  }

  private NoiseKeyPair local() {
    return keys.local().orElseThrow();
  }

  private NoiseException invalid(String text) {
    return new NoiseException("Noise handshake message " + (messageIndex + 1) + " " + text);
  }

  /** Marks the handshake as failed until {@link #end}, in case the step throws. */
  private void begin(boolean isWrite) {
    if (failed) {
      throw new IllegalStateException("this handshake has failed");
    }
    if (isDone() || isMyTurn() != isWrite) {
      throw new IllegalStateException(
          isDone()
              ? "the handshake is done"
              : isWrite ? "the peer writes the next message" : "this side writes the next message");
    }
    failed = true;
  }

  private void end() {
    failed = false;
    messageIndex++;
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

  /** Returns a copy of the handshake hash, unique to the session (section 11.2). */
  public byte[] hash() {
    checkDone();
    return symmetric.hash();
  }

  /** Returns a copy of the peer's static public key, once it is known. */
  public Optional<byte[]> remoteStatic() {
    return Optional.ofNullable(remoteStatic).map(byte[]::clone);
  }

  /** Returns the cipher for the messages of this side, the same object at each call. */
  public NoiseCipher sending() {
    checkDone();
    return ciphers[isInitiator ? 0 : 1];
  }

  /** Returns the cipher for the messages of the peer, the same object at each call. */
  public NoiseCipher receiving() {
    checkDone();
    return ciphers[isInitiator ? 1 : 0];
  }
}
