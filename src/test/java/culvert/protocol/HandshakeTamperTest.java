package culvert.protocol;

import static culvert.protocol.HandshakeTest.SECRET;
import static culvert.protocol.HandshakeTest.origin;
import static culvert.protocol.HandshakeTest.remote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.BareLogin;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An attacker on the network path can only make a handshake fail. */
@Timeout(60)
class HandshakeTamperTest {

  private static final int PROOF_FRAME_BYTES = Frame.HEADER_BYTES + 32;

  // Indexes in what each side sends: after the preface, or at its beginning.
  private static final int CHALLENGE_VERSION = Frame.HEADER_BYTES;
  private static final int CHALLENGE_FEATURES = CHALLENGE_VERSION + 57;
  private static final int HELLO_MAX_VERSION = 8 + Frame.HEADER_BYTES + 1;
  private static final int HELLO_FEATURES = HELLO_MAX_VERSION + 56;

  private static final BitSet NONE = new BitSet();

  @Test
  void unchangedBytesCompleteLogin() throws Exception {
    var result = Wire.run(origin(SECRET), remote(SECRET));
    assertThat(result.dialling().peer()).isPresent();
    assertThat(result.accepting().peer()).isPresent();
    assertThat(result.up()).startsWith("CULVERT\n".getBytes()).hasSize(8 + 83 + PROOF_FRAME_BYTES);
    assertThat(result.down()).hasSize(76 + PROOF_FRAME_BYTES);
  }

  @Test
  void remoteSideRejectsEveryFlippedBit() throws Exception {
    int bits = 8 * Wire.run(origin(SECRET), remote(SECRET)).up().length;
    for (int bit = 0; bit < bits; bit++) {
      var result = Wire.run(origin(SECRET), remote(SECRET), bit, -1);
      assertThat(result.accepting().peer()).as("bit %d", bit).isEmpty();
      assertThat(result.dialling().peer()).as("bit %d", bit).isEmpty();
    }
  }

  @Test
  void originSideRejectsEveryFlippedBit() throws Exception {
    int bits = 8 * Wire.run(origin(SECRET), remote(SECRET)).down().length;
    int proofBits = 8 * (Frame.HEADER_BYTES + 64);
    for (int bit = 0; bit < bits; bit++) {
      var result = Wire.run(origin(SECRET), remote(SECRET), -1, bit);
      assertThat(result.dialling().peer()).as("bit %d", bit).isEmpty();
      // The last proof is the last word: the remote side had been convinced before it.
      assertThat(result.accepting().peer().isPresent())
          .as("bit %d", bit)
          .isEqualTo(bit >= proofBits);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clearedFeaturesAreRejected(boolean isUp) throws Exception {
    BitSet cleared = features(isUp ? HELLO_FEATURES : CHALLENGE_FEATURES);
    assertThat(isRejected(isUp ? cleared : NONE, isUp ? NONE : cleared)).isTrue();
  }

  /** Version 1 has no features. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void loweredVersionIsRejected(boolean isUp) throws Exception {
    BitSet lowered = lowered(isUp ? HELLO_MAX_VERSION : CHALLENGE_VERSION);
    assertThat(isRejected(isUp ? lowered : NONE, isUp ? NONE : lowered)).isTrue();
  }

  private static boolean isRejected(BitSet flippedUp, BitSet flippedDown) throws Exception {
    var result = Wire.run(origin(SECRET), remote(SECRET), flippedUp, flippedDown);
    return result.dialling().peer().isEmpty() && result.accepting().peer().isEmpty();
  }

  /** Shows that the offset is that of the field. Without a secret nothing protects it. */
  @Test
  void clearedFeaturesAreNotUsedWithoutASecret() throws Exception {
    var result =
        Wire.run(
            origin(Optional.empty()),
            remote(Optional.empty()),
            features(HELLO_FEATURES),
            features(CHALLENGE_FEATURES));
    assertThat(result.dialling().peer().orElseThrow().features()).isEmpty();
    assertThat(result.accepting().peer().orElseThrow().features()).isEmpty();
  }

  /** Returns the two lowest bits of a byte: 2 becomes 1. */
  private static BitSet lowered(int version) {
    return lastBits(version, 2);
  }

  /** Returns the bits of all features. */
  private static BitSet features(int index) {
    return lastBits(index, Feature.all().size());
  }

  private static BitSet lastBits(int index, int count) {
    var bits = new BitSet();
    bits.set(8 * (index + 1) - count, 8 * (index + 1));
    return bits;
  }

  /** Without a secret, so that the whole recording does stand. */
  @Test
  void remoteSideRejectsEveryTruncation() throws Exception {
    byte[] recorded = Wire.run(origin(Optional.empty()), remote(Optional.empty())).up();
    accept(recorded, remote(Optional.empty()));
    for (int length = 0; length < recorded.length; length++) {
      byte[] cut = Arrays.copyOf(recorded, length);
      assertThatThrownBy(() -> accept(cut, remote(Optional.empty())))
          .as("%d bytes", length)
          .isInstanceOfAny(EOFException.class, ForeignPeerException.class);
    }
  }

  @Test
  void originSideRejectsEveryTruncation() throws Exception {
    byte[] recorded = Wire.run(origin(Optional.empty()), remote(Optional.empty())).down();
    dial(recorded, origin(Optional.empty()));
    for (int length = 0; length < recorded.length; length++) {
      byte[] cut = Arrays.copyOf(recorded, length);
      assertThatThrownBy(() -> dial(cut, origin(Optional.empty())))
          .as("%d bytes", length)
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void replayedOriginSideIsRefused() throws Exception {
    byte[] recorded = Wire.run(origin(SECRET), remote(SECRET)).up();
    assertThatThrownBy(() -> accept(recorded, remote(SECRET)))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessage("the secret is wrong or missing");
  }

  @Test
  void replayedRemoteSideIsRefused() throws Exception {
    byte[] recorded = Wire.run(origin(SECRET), remote(SECRET)).down();
    assertThatThrownBy(() -> dial(recorded, origin(SECRET)))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessage("the remote proxy does not have the secret");
  }

  /** A liar without the secret sends the origin side's own proof back to it. */
  @Test
  void reflectedProofIsRefused() throws Exception {
    byte[] challenge =
        Arrays.copyOf(Wire.run(origin(SECRET), remote(SECRET)).down(), Frame.HEADER_BYTES + 64);
    var said = new ByteArrayOutputStream();
    var reflected =
        new InputStream() {
          private InputStream proof;

          @Override
          public int read() {
            if (proof == null) {
              byte[] all = said.toByteArray();
              proof =
                  new ByteArrayInputStream(all, all.length - PROOF_FRAME_BYTES, PROOF_FRAME_BYTES);
            }
            return ((ByteArrayInputStream) proof).read();
          }
        };
    assertThatThrownBy(() ->
            BareLogin.dial(
                origin(SECRET),
                new SequenceInputStream(new ByteArrayInputStream(challenge), reflected),
                said))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessage("the remote proxy does not have the secret");
  }

  @Test
  void emptyProofIsRefusedIfSecretIsSet() throws Exception {
    byte[] unproven = Wire.run(origin(Optional.empty()), remote(Optional.empty())).up();
    assertThatThrownBy(() -> accept(unproven, remote(SECRET)))
        .isInstanceOf(PeerRefusedException.class)
        .extracting(e -> ((PeerRefusedException) e).reason())
        .isEqualTo(ByeReason.CREDENTIALS);
  }

  private static void accept(byte[] bytes, Handshake.Local self) throws IOException {
    BareLogin.accept(self, new ByteArrayInputStream(bytes), OutputStream.nullOutputStream());
  }

  private static void dial(byte[] bytes, Handshake.Local self) throws IOException {
    BareLogin.dial(self, new ByteArrayInputStream(bytes), OutputStream.nullOutputStream());
  }
}
