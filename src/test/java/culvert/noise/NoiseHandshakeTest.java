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
  void bothEndWithTheSameHashAndEachKnowsWhatThePatternTells(NoiseProtocol protocol)
      throws Exception {
    var sides = HandshakePair.of(protocol).done();
    assertThat(sides.initiator().hash()).isEqualTo(sides.responder().hash());
    assertKnown(sides.initiator(), protocol, true, HandshakePair.RESPONDER);
    assertKnown(sides.responder(), protocol, false, HandshakePair.INITIATOR);
  }

  private static void assertKnown(
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
  void twoSessionsOfTheSameTwoHaveNothingInCommon(NoiseProtocol protocol) throws Exception {
    var one = HandshakePair.of(protocol).done();
    var other = HandshakePair.of(protocol).done();
    assertThat(one.initiator().hash()).isNotEqualTo(other.initiator().hash());
    byte[] message = VectorMessages.sealed(one.initiator().sending(), new byte[8]);
    assertThatThrownBy(() -> VectorMessages.opened(other.responder().receiving(), message))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void theTwoDirectionsHaveKeysOfTheirOwn(NoiseProtocol protocol) throws Exception {
    var sides = HandshakePair.of(protocol).done();
    byte[] message = VectorMessages.sealed(sides.initiator().sending(), new byte[8]);
    assertThatThrownBy(() -> VectorMessages.opened(sides.initiator().receiving(), message))
        .isInstanceOf(NoiseException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void anotherPrologueEndsIt(NoiseProtocol protocol) {
    var sides =
        new HandshakePair(
            HandshakePair.of(protocol).initiator(),
            NoiseHandshake.responder(
                protocol, HandshakePair.keys(protocol, false), "Prologue".getBytes()));
    assertThatThrownBy(sides::done)
        .isInstanceOf(NoiseException.class)
        .hasMessageContaining("does not verify");
  }

  @Test
  void anotherPreSharedKeyIsSeenInTheFirstMessage() {
    var keys =
        new NoiseHandshake.Keys(
            Optional.empty(), Optional.empty(), Optional.of(HandshakePair.filled(0x35)));
    var sides =
        new HandshakePair(
            NoiseHandshake.initiator(NNPSK0, keys, HandshakePair.PROLOGUE),
            HandshakePair.of(NNPSK0).responder());
    assertThatThrownBy(sides::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 does not verify");
  }

  @Test
  void aResponderWithAnotherKeyCannotReadWhatIsMeantForTheRightOne() {
    for (NoiseProtocol protocol : List.of(NK, KK)) {
      var keys = HandshakePair.keys(protocol, false);
      var stranger =
          new NoiseHandshake.Keys(
              Optional.of(HandshakePair.STRANGER), keys.remoteStatic(), keys.psk());
      var sides =
          new HandshakePair(
              HandshakePair.of(protocol).initiator(),
              NoiseHandshake.responder(protocol, stranger, HandshakePair.PROLOGUE));
      assertThatThrownBy(sides::done)
          .isInstanceOf(NoiseException.class)
          .hasMessage("Noise handshake message 1 does not verify");
    }
  }

  @Test
  void anInitiatorWithAnotherKeyIsNotTakenForTheRightOne() {
    var stranger =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.STRANGER),
            Optional.of(HandshakePair.RESPONDER.publicKey()),
            Optional.empty());
    var sides =
        new HandshakePair(
            NoiseHandshake.initiator(KK, stranger, HandshakePair.PROLOGUE),
            HandshakePair.of(KK).responder());
    assertThatThrownBy(sides::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 1 does not verify");
  }

  @Test
  void aKeyThatIsToldHasToBeTheExpectedOne() throws Exception {
    var expecting =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.INITIATOR),
            Optional.of(HandshakePair.RESPONDER.publicKey()),
            Optional.empty());
    new HandshakePair(
            NoiseHandshake.initiator(XX, expecting, HandshakePair.PROLOGUE),
            HandshakePair.of(XX).responder())
        .done();
    var stranger =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.STRANGER), Optional.empty(), Optional.empty());
    var sides =
        new HandshakePair(
            NoiseHandshake.initiator(XX, expecting, HandshakePair.PROLOGUE),
            NoiseHandshake.responder(XX, stranger, HandshakePair.PROLOGUE));
    assertThatThrownBy(sides::done)
        .isInstanceOf(NoiseException.class)
        .hasMessage("Noise handshake message 2 holds another public key than the expected one");
    assertThat(sides.initiator().remoteStatic()).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void anEphemeralKeyOfZerosIsRefused(NoiseProtocol protocol) {
    var sides = HandshakePair.of(protocol);
    assertThatThrownBy(() ->
            sides.run((index, message) -> {
              Arrays.fill(message, 0, 32, (byte) 0);
              return message;
            }))
        .isInstanceOf(NoiseException.class);
    assertThat(sides.initiator().isDone()).isFalse();
  }

  /** With no cipher to fail first, it is the low order itself that has to be seen. */
  @Test
  void aResponderDoesNotAnswerAnEphemeralKeyOfLowOrder() throws Exception {
    var responder = HandshakePair.of(NN).responder();
    responder.readMessage(new byte[32]);
    assertThatThrownBy(() -> responder.writeMessage(new byte[0]))
        .isInstanceOf(NoiseException.class)
        .hasMessage("the peer's public key is of low order");
    assertUnusable(responder);
  }

  @Test
  void anInitiatorDoesNotSendToAStaticKeyOfZeros() {
    var keys =
        new NoiseHandshake.Keys(Optional.empty(), Optional.of(new byte[32]), Optional.empty());
    var initiator = NoiseHandshake.initiator(NK, keys, HandshakePair.PROLOGUE);
    assertThatThrownBy(() -> initiator.writeMessage(new byte[0]))
        .isInstanceOf(NoiseException.class);
    assertUnusable(initiator);
  }

  @Test
  void aFailedReadLeavesTheHandshakeUnusable() throws Exception {
    var sides = HandshakePair.of(KK);
    byte[] right = sides.initiator().writeMessage(new byte[0]);
    byte[] wrong = right.clone();
    wrong[40] ^= 1;
    assertThatThrownBy(() -> sides.responder().readMessage(wrong))
        .isInstanceOf(NoiseException.class);
    assertThatThrownBy(() -> sides.responder().readMessage(right))
        .isInstanceOf(IllegalStateException.class);
    assertUnusable(sides.responder());
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
  void whoseTurnItIsNotNeitherWritesNorReadsAndCanGoOn() throws Exception {
    var sides = HandshakePair.of(NN);
    assertThatThrownBy(() -> sides.responder().writeMessage(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> sides.initiator().readMessage(new byte[48]))
        .isInstanceOf(IllegalStateException.class);
    sides.done();
    assertThatThrownBy(() -> sides.initiator().writeMessage(new byte[0]))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> sides.responder().readMessage(new byte[48]))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void handshakeMessagesCarryPayloadsUpToTheLimit(NoiseProtocol protocol) throws Exception {
    int messages = protocol.pattern().messages().size();
    for (int large = 0; large < messages; large++) {
      var sides = HandshakePair.of(protocol);
      for (int index = 0; index < messages; index++) {
        NoiseHandshake from = index % 2 == 0 ? sides.initiator() : sides.responder();
        NoiseHandshake to = index % 2 == 0 ? sides.responder() : sides.initiator();
        int most = 65535 - HandshakePair.messages(protocol).get(index).length;
        byte[] payload = new byte[index == large ? most : 5];
        Arrays.fill(payload, (byte) index);
        byte[] message = from.writeMessage(payload);
        assertThat(message.length == 65535).isEqualTo(index == large);
        assertThat(to.readMessage(message)).isEqualTo(payload);
      }
      assertThat(sides.responder().isDone()).isTrue();
    }
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void aPayloadBeyondTheLimitIsRefused(NoiseProtocol protocol) throws Exception {
    int most = 65535 - HandshakePair.messages(protocol).get(0).length;
    var initiator = HandshakePair.of(protocol).initiator();
    assertThatThrownBy(() -> initiator.writeMessage(new byte[most + 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536 bytes");
    assertUnusable(initiator);
  }

  @Test
  void keysThatAreMissingAreNamed() {
    assertRefused(NK, false, HandshakePair.NO_KEYS, "needs a key pair of the responder's own");
    assertRefused(XX, true, HandshakePair.NO_KEYS, "needs a key pair of the initiator's own");
    assertRefused(NK, true, HandshakePair.NO_KEYS, "needs the peer's public key at the initiator");
    var local =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.RESPONDER), Optional.empty(), Optional.empty());
    assertRefused(KK, false, local, "needs the peer's public key at the responder");
    assertRefused(NNPSK0, true, HandshakePair.NO_KEYS, "needs a pre-shared key");
  }

  @Test
  void keysThatWouldProveNothingAreRefused() {
    var psk =
        new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(HandshakePair.PSK));
    assertRefused(NN, true, psk, "takes no pre-shared key");
    var remote =
        new NoiseHandshake.Keys(
            Optional.of(HandshakePair.RESPONDER),
            Optional.of(HandshakePair.INITIATOR.publicKey()),
            Optional.empty());
    assertRefused(NN, true, remote, "does not prove the peer's public key to the initiator");
    assertRefused(NK, false, remote, "does not prove the peer's public key to the responder");
  }

  private static void assertRefused(
      NoiseProtocol protocol, boolean initiator, NoiseHandshake.Keys keys, String text) {
    assertThatThrownBy(() ->
            new NoiseHandshake(protocol, initiator, keys, new byte[0], NoiseKeyPair::generate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(protocol.name() + " " + text);
  }

  @Test
  void keysOfAnotherLengthAreRefused() {
    assertThatThrownBy(() ->
            new NoiseHandshake.Keys(Optional.empty(), Optional.of(new byte[33]), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the public key has 33 bytes: 32 are needed");
    assertThatThrownBy(() ->
            new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(new byte[0])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the pre-shared key has 0 bytes: 32 are needed");
  }

  @Test
  void anArrayThatChangesLaterChangesNoKey() throws Exception {
    byte[] psk = HandshakePair.PSK.clone();
    var keys = new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.of(psk));
    psk[0] ^= 1;
    new HandshakePair(
            NoiseHandshake.initiator(NNPSK0, keys, HandshakePair.PROLOGUE),
            HandshakePair.of(NNPSK0).responder())
        .done();
  }
}
