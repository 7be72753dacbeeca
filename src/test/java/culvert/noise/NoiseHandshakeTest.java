package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class NoiseHandshakeTest {

  private static final NoiseProtocol NN = HandshakePair.PROTOCOLS.get(0);
  private static final NoiseProtocol NK = HandshakePair.PROTOCOLS.get(1);
  private static final NoiseProtocol XX = HandshakePair.PROTOCOLS.get(2);
  private static final NoiseProtocol KK = HandshakePair.PROTOCOLS.get(3);
  private static final NoiseProtocol NNPSK0 = HandshakePair.PROTOCOLS.get(4);

  static final List<NoiseProtocol> ALL = HandshakePair.PROTOCOLS;

  @ParameterizedTest
  @FieldSource("ALL")
  void sidesHaveTheSameHashAndTheKeysOfThePattern(NoiseProtocol protocol) throws Exception {
    var pair = HandshakePair.of(protocol).done();
    assertThat(pair.initiator().hash()).isEqualTo(pair.responder().hash());
    assertRemoteKey(pair.initiator(), protocol, true, HandshakePair.RESPONDER);
    assertRemoteKey(pair.responder(), protocol, false, HandshakePair.INITIATOR);
  }

  private static void assertRemoteKey(
      NoiseHandshake side, NoiseProtocol protocol, boolean initiator, NoiseKeyPair other) {
    assertThat(side.isDone()).isTrue();
    assertThat(side.isMyTurn()).isFalse();
    if (protocol.isRemoteKeyRequired(initiator) || protocol.isRemoteKeySent(initiator)) {
      assertThat(side.remoteStatic()).hasValue(other.publicKey());
    } else {
      assertThat(side.remoteStatic()).isEmpty();
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void twoSessionsWithTheSameKeysAreUnrelated(NoiseProtocol protocol) throws Exception {
    var one = HandshakePair.of(protocol).done();
    var other = HandshakePair.of(protocol).done();
    assertThat(one.initiator().hash()).isNotEqualTo(other.initiator().hash());
    byte[] message = TransportMessages.encrypt(one.initiator().sending(), new byte[8]);
    assertThatThrownBy(() -> TransportMessages.decrypt(other.responder().receiving(), message))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void directionsHaveDifferentKeys(NoiseProtocol protocol) throws Exception {
    var pair = HandshakePair.of(protocol).done();
    byte[] message = TransportMessages.encrypt(pair.initiator().sending(), new byte[8]);
    assertThatThrownBy(() -> TransportMessages.decrypt(pair.initiator().receiving(), message))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void differentProloguesFailTheHandshake(NoiseProtocol protocol) {
    var pair =
        new HandshakePair(
            HandshakePair.of(protocol).initiator(),
            NoiseHandshake.responder(
                protocol, HandshakePair.keys(protocol, false), "Prologue".getBytes()));
    assertThatThrownBy(pair::done)
        .isInstanceOf(NoiseException.class)
        .hasMessageContaining("failed authentication");
  }

  @Test
  void wrongPreSharedKeyFailsTheFirstMessage() {
    var keys =
        new NoiseHandshake.Keys(
            Optional.empty(), Optional.empty(), Optional.of(HandshakePair.filled(0x35)));
    var pair =
        new HandshakePair(
            NoiseHandshake.initiator(NNPSK0, keys, HandshakePair.PROLOGUE),
            HandshakePair.of(NNPSK0).responder());
    assertThatThrownBy(pair::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 failed authentication");
  }

  @Test
  void responderWithAnotherKeyCannotReadTheFirstMessage() {
    for (NoiseProtocol protocol : List.of(NK, KK)) {
      var keys = HandshakePair.keys(protocol, false);
      var wrongKeys =
          new NoiseHandshake.Keys(
              Optional.of(HandshakePair.UNKNOWN), keys.remoteStatic(), keys.psk());
      var pair =
          new HandshakePair(
              HandshakePair.of(protocol).initiator(),
              NoiseHandshake.responder(protocol, wrongKeys, HandshakePair.PROLOGUE));
      assertThatThrownBy(pair::done)
          .isInstanceOf(NoiseException.class)
          .hasMessage("Noise handshake message 1 failed authentication");
    }
  }

  @Test
  void initiatorWithAnotherKeyIsRejected() {
    var wrongKeys =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.UNKNOWN),
            Optional.of(HandshakePair.RESPONDER.publicKey()),
            Optional.empty());
    var pair =
        new HandshakePair(
            NoiseHandshake.initiator(KK, wrongKeys, HandshakePair.PROLOGUE),
            HandshakePair.of(KK).responder());
    assertThatThrownBy(pair::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 failed authentication");
  }

  @Test
  void receivedKeyMustBeTheExpectedOne() throws Exception {
    var expecting =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.INITIATOR),
            Optional.of(HandshakePair.RESPONDER.publicKey()),
            Optional.empty());
    new HandshakePair(
            NoiseHandshake.initiator(XX, expecting, HandshakePair.PROLOGUE),
            HandshakePair.of(XX).responder())
        .done();
    var wrongKeys =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.UNKNOWN), Optional.empty(), Optional.empty());
    var pair =
        new HandshakePair(
            NoiseHandshake.initiator(XX, expecting, HandshakePair.PROLOGUE),
            NoiseHandshake.responder(XX, wrongKeys, HandshakePair.PROLOGUE));
    assertThatThrownBy(pair::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 2 contains a different public key than expected");
    assertThat(pair.initiator().remoteStatic()).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void ephemeralKeyOfZerosIsRejected(NoiseProtocol protocol) {
    var pair = HandshakePair.of(protocol);
    assertThatThrownBy(() ->
            pair.run((index, message) -> {
              Arrays.fill(message, 0, 32, (byte) 0);
              return message;
            }))
        .isInstanceOf(NoiseException.class);
    assertThat(pair.initiator().isDone()).isFalse();
  }

  /** Without a cipher that fails first, the low order itself must be detected. */
  @Test
  void responderDoesNotAnswerAnEphemeralKeyOfLowOrder() throws Exception {
    var responder = HandshakePair.of(NN).responder();
    responder.readMessage(new byte[32]);
    assertThatThrownBy(() -> responder.writeMessage(new byte[0]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("the peer's public key is of low order");
    assertUnusable(responder);
  }

  @Test
  void initiatorDoesNotSendToAStaticKeyOfZeros() {
    var keys =
        new NoiseHandshake.Keys(Optional.empty(), Optional.of(new byte[32]), Optional.empty());
    var initiator = NoiseHandshake.initiator(NK, keys, HandshakePair.PROLOGUE);
    assertThatThrownBy(() -> initiator.writeMessage(new byte[0]))
        .isInstanceOf(NoiseException.class);
    assertUnusable(initiator);
  }

  @Test
  void failedReadMakesTheHandshakeUnusable() throws Exception {
    var pair = HandshakePair.of(KK);
    byte[] right = pair.initiator().writeMessage(new byte[0]);
    byte[] wrong = right.clone();
    wrong[40] ^= 1;
    assertThatThrownBy(() -> pair.responder().readMessage(wrong))
        .isInstanceOf(NoiseException.class);
    assertThatThrownBy(() -> pair.responder().readMessage(right))
        .isInstanceOf(IllegalStateException.class);
    assertUnusable(pair.responder());
  }

  private static void assertUnusable(NoiseHandshake side) {
    assertThat(side.isDone()).isFalse();
    assertThatThrownBy(() -> side.writeMessage(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> side.readMessage(new byte[48]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(side::hash).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(side::sending).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(side::receiving).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void callOutOfTurnFailsAndDoesNotEndTheHandshake() throws Exception {
    var pair = HandshakePair.of(NN);
    assertThatThrownBy(() -> pair.responder().writeMessage(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pair.initiator().readMessage(new byte[48]))
        .isInstanceOf(IllegalStateException.class);
    pair.done();
    assertThatThrownBy(() -> pair.initiator().writeMessage(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pair.responder().readMessage(new byte[48]))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeMessagesCarryPayloadsUpToTheLimit(NoiseProtocol protocol) throws Exception {
    int messages = protocol.pattern().messages().size();
    for (int large = 0; large < messages; large++) {
      var pair = HandshakePair.of(protocol);
      for (int index = 0; index < messages; index++) {
        NoiseHandshake from = index % 2 == 0 ? pair.initiator() : pair.responder();
        NoiseHandshake to = index % 2 == 0 ? pair.responder() : pair.initiator();
        int maxPayload = 65535 - HandshakePair.messages(protocol).get(index).length;
        byte[] payload = new byte[index == large ? maxPayload : 5];
        Arrays.fill(payload, (byte) index);
        byte[] message = from.writeMessage(payload);
        assertThat(message.length == 65535).isEqualTo(index == large);
        assertThat(to.readMessage(message)).isEqualTo(payload);
      }
      assertThat(pair.responder().isDone()).isTrue();
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void payloadBeyondTheLimitIsRejected(NoiseProtocol protocol) throws Exception {
    int maxPayload = 65535 - HandshakePair.messages(protocol).get(0).length;
    var initiator = HandshakePair.of(protocol).initiator();
    assertThatThrownBy(() -> initiator.writeMessage(new byte[maxPayload + 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536 bytes");
    assertUnusable(initiator);
  }

  @Test
  void missingKeyIsNamed() {
    assertRefused(NK, false, HandshakePair.NO_KEYS, "requires a static key pair of the responder");
    assertRefused(XX, true, HandshakePair.NO_KEYS, "requires a static key pair of the initiator");
    assertRefused(
        NK, true, HandshakePair.NO_KEYS, "requires the peer's public key at the initiator");
    var local =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.RESPONDER), Optional.empty(), Optional.empty());
    assertRefused(KK, false, local, "requires the peer's public key at the responder");
    assertRefused(NNPSK0, true, HandshakePair.NO_KEYS, "requires a pre-shared key");
  }

  @Test
  void unusedKeyIsRejected() {
    var psk =
        new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(HandshakePair.PSK));
    assertRefused(NN, true, psk, "does not use a pre-shared key");
    var remote =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.RESPONDER),
            Optional.of(HandshakePair.INITIATOR.publicKey()),
            Optional.empty());
    assertRefused(NN, true, remote, "does not authenticate the peer's public key to the initiator");
    assertRefused(
        NK, false, remote, "does not authenticate the peer's public key to the responder");
  }

  private static void assertRefused(
      NoiseProtocol protocol, boolean initiator, NoiseHandshake.Keys keys, String text) {
    assertThatThrownBy(() ->
            new NoiseHandshake(protocol, initiator, keys, new byte[0], NoiseKeyPair::generate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(protocol.name() + " " + text);
  }

  @Test
  void keyOfAnotherLengthIsRejected() {
    assertThatThrownBy(() ->
            new NoiseHandshake.Keys(Optional.empty(), Optional.of(new byte[33]), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the public key has 33 bytes (required: 32)");
    assertThatThrownBy(() ->
            new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(new byte[0])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the pre-shared key has 0 bytes (required: 32)");
  }

  @Test
  void keysAreCopiedFromArrays() throws Exception {
    byte[] psk = HandshakePair.PSK.clone();
    var keys = new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(psk));
    psk[0] ^= 1;
    new HandshakePair(
            NoiseHandshake.initiator(NNPSK0, keys, HandshakePair.PROLOGUE),
            HandshakePair.of(NNPSK0).responder())
        .done();
  }
}
