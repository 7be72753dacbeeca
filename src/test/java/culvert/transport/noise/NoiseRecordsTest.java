package culvert.transport.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Threads;
import culvert.noise.NoiseCipher;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.Seed;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Modified encrypted records: every modification ends the connection with an error, and nothing
 * after it is delivered.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class NoiseRecordsTest {

  private static final byte[] FIRST = {1, 1, 1};
  private static final byte[] SECOND = {2, 2};
  private static final byte[] THIRD = {3, 3, 3, 3};

  private final BufferPool pool = new BufferPool();

  @AfterEach
  void assertAllBuffersReturned() {
    assertThat(pool.borrowed()).as("borrowed buffers").isZero();
  }

  /** Gives the far side bytes after a valid first record. */
  private interface Fault {
    void give(EncryptedWire wire) throws IOException;
  }

  /** Applies the fault, followed by valid records and the end of the carrier. */
  private void assertDetected(String what, Fault fault) throws IOException {
    try (var wire = new EncryptedWire(pool)) {
      wire.give(wire.record(FIRST));
      fault.give(wire);
      wire.give(wire.record(THIRD), wire.endMark());
      wire.end();
      assertThat(wire.far.input().readNBytes(FIRST.length)).as(what).isEqualTo(FIRST);
      assertThatThrownBy(() -> wire.far.input().read())
          .as(what)
          .isInstanceOfAny(ProtocolException.class, EOFException.class);
      // Further reads return neither the valid records after the fault nor a clean end.
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> wire.far.input().read()).as(what).isInstanceOf(IOException.class);
      }
      assertThat(wire.far.closeCause()).as(what).contains(CloseCause.RESET);
    }
  }

  @Test
  void anyFlippedBitIsAnError() throws IOException {
    int bits = 8 * (Short.BYTES + SECOND.length + NoiseCipher.TAG_BYTES);
    for (int i = 0; i < bits; i++) {
      int bit = i;
      assertDetected("bit " + bit, wire -> wire.give(flipped(wire.record(SECOND), bit)));
    }
  }

  private static byte[] flipped(byte[] record, int bit) {
    record[bit >> 3] ^= (byte) (0x80 >> (bit & 7));
    return record;
  }

  @Test
  void truncationAtAnyByteIsAnError() throws IOException {
    int length = Short.BYTES + SECOND.length + NoiseCipher.TAG_BYTES;
    for (int i = 0; i < length; i++) {
      try (var wire = new EncryptedWire(pool)) {
        wire.give(wire.record(FIRST), Arrays.copyOf(wire.record(SECOND), i));
        wire.end();
        assertThat(wire.far.input().readNBytes(FIRST.length)).isEqualTo(FIRST);
        assertThatThrownBy(() -> wire.far.input().read())
            .as("cut at %d", i)
            .isInstanceOf(EOFException.class)
            .hasMessage(
                i == 0
                    ? "the peer closed the connection"
                    : "the connection ended in the middle of an encrypted record");
        assertThat(wire.far.closeCause()).contains(CloseCause.RESET);
      }
    }
  }

  @Test
  void missingPieceOfAnyLengthIsAnError() throws IOException {
    int length = Short.BYTES + SECOND.length + NoiseCipher.TAG_BYTES;
    for (int i = 1; i < length; i++) {
      int missing = i;
      assertDetected(
          missing + " bytes",
          wire -> wire.give(Arrays.copyOfRange(wire.record(SECOND), missing, length)));
    }
  }

  @Test
  void recordsOutOfOrderAreAnError() throws IOException {
    assertDetected(
        "swapped",
        wire -> {
          byte[] second = wire.record(SECOND);
          wire.give(wire.record(THIRD), second);
        });
    assertDetected(
        "repeated at once",
        wire -> {
          byte[] second = wire.record(FIRST);
          wire.give(second);
          assertThat(wire.far.input().readNBytes(FIRST.length)).isEqualTo(FIRST);
          wire.give(second);
        });
    assertDetected("lost", wire -> wire.record(SECOND));
  }

  @Test
  void repeatedFirstRecordIsAnError() throws IOException {
    try (var wire = new EncryptedWire(pool)) {
      byte[] first = wire.record(FIRST);
      wire.give(first, first);
      assertThat(wire.far.input().readNBytes(FIRST.length)).isEqualTo(FIRST);
      assertThatThrownBy(() -> wire.far.input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("an encrypted record was modified or is out of order");
    }
  }

  @Test
  void foreignRecordsAreAnError() throws IOException {
    var random = Seed.random("NoiseRecordsTest");
    assertDetected("record of the far side", wire -> wire.give(wire.farRecord(SECOND)));
    try (var other = new EncryptedWire(pool)) {
      other.record(FIRST);
      assertDetected("record of another connection", wire -> wire.give(other.record(SECOND)));
      other.far.close();
    }
    assertDetected("random bytes", wire -> wire.give(invented(random)));
    assertDetected("zeros", wire -> wire.give(new byte[100]));
  }

  private static byte[] invented(Random random) {
    byte[] bytes = new byte[20];
    random.nextBytes(bytes);
    bytes[0] = 0;
    bytes[1] = 18;
    return bytes;
  }

  /** A record shorter than a tag is rejected by its length, without waiting for its content. */
  @Test
  void recordShorterThanATagIsRejectedByItsLength() throws IOException {
    for (int i = 0; i < NoiseCipher.TAG_BYTES; i++) {
      try (var wire = new EncryptedWire(pool)) {
        wire.give(new byte[] {0, (byte) i});
        assertThatThrownBy(() -> wire.far.input().read())
            .isInstanceOf(ProtocolException.class)
            .hasMessage("an encrypted record of " + i + " bytes (minimum: 16)");
      }
    }
  }

  @Test
  void endMarkIsACleanEndAndNothingAfterItIsDelivered() throws IOException {
    try (var wire = new EncryptedWire(pool)) {
      byte[] first = wire.record(FIRST);
      wire.give(first, wire.endMark(), first, new byte[50]);
      wire.end();
      assertThat(wire.far.input().readAllBytes()).isEqualTo(FIRST);
      assertThat(wire.far.input().read()).isEqualTo(-1);
      assertThat(wire.far.closeCause()).isEmpty();
    }
  }

  @Test
  void endMarkOutOfOrderIsAnError() throws IOException {
    try (var wire = new EncryptedWire(pool)) {
      wire.give(wire.record(FIRST));
      assertThat(wire.far.input().readNBytes(FIRST.length)).isEqualTo(FIRST);
      wire.record(SECOND);
      wire.give(wire.endMark());
      assertThatThrownBy(() -> wire.far.input().read()).isInstanceOf(ProtocolException.class);
    }
  }

  /** The framing of rathole has no end mark; the carrier's end is valid except within a record. */
  @Test
  void endOfTheCarrierIsTheEndWithoutEndMarks() throws IOException {
    try (var wire = new EncryptedWire(NoiseFraming.RATHOLE, NoiseFraming.RATHOLE, pool)) {
      wire.far.closeOutput();
      assertThat(wire.far.input().available()).isZero();
      wire.end();
      assertThat(wire.far.input().read()).isEqualTo(-1);
      assertThat(wire.far.closeCause()).isEmpty();
    }
    try (var wire = new EncryptedWire(NoiseFraming.RATHOLE, NoiseFraming.RATHOLE, pool)) {
      wire.give(new byte[] {30, 0, 1});
      wire.end();
      assertThatThrownBy(() -> wire.far.input().read())
          .isInstanceOf(EOFException.class)
          .hasMessage("the connection ended in the middle of an encrypted record");
    }
  }

  /** A record has a length of two bytes, whose full range is used. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16 * 1024, 65518, NoiseCipher.MAX_PAYLOAD_BYTES})
  void recordOfAnyLengthIsDeliveredToTargetsOfAnySize(int length) throws IOException {
    byte[] payload = new byte[length];
    new Random(length).nextBytes(payload);
    for (int target : new int[] {1, 1000, length, length + 1}) {
      try (var wire = new EncryptedWire(pool)) {
        wire.give(wire.record(payload));
        assertThat(wire.far.input().read(ByteBuffer.allocate(Math.min(length, target))))
            .isEqualTo(Math.min(length, target));
        byte[] rest = new byte[length - Math.min(length, target)];
        assertThat(wire.far.input().readNBytes(rest, 0, rest.length)).isEqualTo(rest.length);
        assertThat(rest).isEqualTo(Arrays.copyOfRange(payload, length - rest.length, length));
      }
    }
  }

  @Test
  void recordInSingleBytesIsDelivered() throws Exception {
    byte[] payload = new byte[300];
    try (var wire = new EncryptedWire(pool)) {
      byte[] record = wire.record(payload);
      Thread giver =
          Threads.start(
              "giver",
              () -> {
                try {
                  for (byte piece : record) {
                    wire.give(new byte[] {piece});
                  }
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(wire.far.input().readNBytes(payload.length)).isEqualTo(payload);
      giver.join();
    }
  }

  /** Verifies that both sides count towards the limit at which the key is replaced. */
  @Test
  void sideThatDoesNotReplaceItsKeyInTimeFails() throws IOException {
    var soon = new NoiseFraming(NoiseFraming.NATIVE.order(), true, FIRST.length + 16L);
    for (NoiseFraming[] sides :
        new NoiseFraming[][] {{soon, NoiseFraming.NATIVE}, {NoiseFraming.NATIVE, soon}}) {
      try (var wire = new EncryptedWire(sides[0], sides[1], pool)) {
        wire.give(wire.record(FIRST), wire.record(FIRST));
        assertThat(wire.far.input().readNBytes(FIRST.length)).isEqualTo(FIRST);
        assertThatThrownBy(() -> wire.far.input().read()).isInstanceOf(ProtocolException.class);
      }
    }
    try (var wire = new EncryptedWire(soon, soon, pool)) {
      byte[] first = wire.record(FIRST);
      byte[] second = wire.record(FIRST);
      wire.give(first, second, wire.endMark());
      assertThat(wire.far.input().readAllBytes()).containsExactly(1, 1, 1, 1, 1, 1);
    }
  }
}
