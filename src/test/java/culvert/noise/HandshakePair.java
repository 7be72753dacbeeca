package culvert.noise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The two sides of a handshake, and a channel between them that may modify messages. */
record HandshakePair(NoiseHandshake initiator, NoiseHandshake responder) {

  static final NoiseKeyPair INITIATOR = NoiseKeyPair.ofPrivate(filled(0x31));
  static final NoiseKeyPair RESPONDER = NoiseKeyPair.ofPrivate(filled(0x32));
  static final NoiseKeyPair UNKNOWN = NoiseKeyPair.ofPrivate(filled(0x33));
  static final NoiseKeyPair OTHER = NoiseKeyPair.ofPrivate(filled(0x36));
  static final byte[] PSK = filled(0x34);
  static final byte[] PROLOGUE = "prologue".getBytes();
  static final NoiseHandshake.Keys NO_KEYS =
      new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.empty());

  /** One protocol for each pattern; every cipher and hash occurs in at least one. */
  static final List<NoiseProtocol> PROTOCOLS =
      List.of(
          NoiseProtocol.parse("Noise_NN_25519_AESGCM_BLAKE2s"),
          NoiseProtocol.parse("Noise_NK_25519_ChaChaPoly_BLAKE2s"),
          NoiseProtocol.parse("Noise_XX_25519_AESGCM_SHA256"),
          NoiseProtocol.parse("Noise_KK_25519_ChaChaPoly_SHA256"),
          NoiseProtocol.parse("Noise_NNpsk0_25519_AESGCM_SHA256"));

  /** Forwards messages, possibly modified; {@code index} counts from 0. */
  interface Channel {
    byte[] forward(int index, byte[] message);

    /** Returns the message unchanged. */
    static byte[] unchanged(int index, byte[] message) {
      return message;
    }
  }

  /** Returns two sides with matching keys. */
  static HandshakePair of(NoiseProtocol protocol) {
    return new HandshakePair(
        NoiseHandshake.initiator(protocol, keys(protocol, true), PROLOGUE),
        NoiseHandshake.responder(protocol, keys(protocol, false), PROLOGUE));
  }

  /** Returns two sides with matching keys and fixed ephemeral keys, which halves the work. */
  static HandshakePair quick(NoiseProtocol protocol) {
    return new HandshakePair(
        new NoiseHandshake(protocol, true, keys(protocol, true), PROLOGUE, () -> UNKNOWN),
        new NoiseHandshake(protocol, false, keys(protocol, false), PROLOGUE, () -> OTHER));
  }

  /** Returns the keys that one of two matching sides requires. */
  static NoiseHandshake.Keys keys(NoiseProtocol protocol, boolean initiator) {
    NoiseKeyPair local = initiator ? INITIATOR : RESPONDER;
    NoiseKeyPair remote = initiator ? RESPONDER : INITIATOR;
    return new NoiseHandshake.Keys(
        protocol.isLocalKeyRequired(initiator) ? Optional.of(local) : Optional.empty(),
        protocol.isRemoteKeyRequired(initiator)
            ? Optional.of(remote.publicKey())
            : Optional.empty(),
        protocol.isPskRequired() ? Optional.of(PSK) : Optional.empty());
  }

  /** Runs the handshake with empty payloads until it is done or fails. */
  void run(Channel channel) throws NoiseException {
    for (int index = 0; !initiator.isDone() || !responder.isDone(); index++) {
      NoiseHandshake from = index % 2 == 0 ? initiator : responder;
      NoiseHandshake to = index % 2 == 0 ? responder : initiator;
      to.readMessage(channel.forward(index, from.writeMessage(new byte[0])));
    }
  }

  /** Runs the handshake with unchanged messages. */
  HandshakePair done() throws NoiseException {
    run(Channel::unchanged);
    return this;
  }

  /** Returns the messages of a run. */
  static List<byte[]> messages(NoiseProtocol protocol) throws NoiseException {
    var messages = new ArrayList<byte[]>();
    of(protocol)
        .run((index, message) -> {
          messages.add(message);
          return message;
        });
    return messages;
  }

  static byte[] filled(int value) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
