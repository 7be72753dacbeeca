package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A header alone is enough to refuse a frame. */
class FrameTest {

  @Test
  void dataHeaderHasDocumentedLayout() throws ProtocolException {
    var header = ByteBuffer.allocate(Frame.HEADER_BYTES);
    Frame.write(header, FrameType.DATA, 0x40000, 0x0102030405060708L);
    assertThat(header.array()).isEqualTo(MessageGoldenTest.hex("30 040000 0102030405060708"));
    assertThat(Frame.read(header.flip()))
        .isEqualTo(new Frame(FrameType.DATA, 0x40000, 0x0102030405060708L));
    assertThat(header.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0x07, 0x0f, 0x18, 0x24, 0x2f, 0x34, 0x43, 0x53, 0x80, 0xff})
  void anUnknownVerbIsRefused(int code) {
    refused(code, 0, 0).hasMessage(String.format("unknown frame type 0x%02x", code));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x50, 0x52})
  void aReservedVerbIsRefusedAsReserved(int code) {
    refused(code, 0, 0).hasMessageContaining(String.format("0x%02x is reserved", code));
    refused(code, 8, 1).hasMessageContaining("reserved");
  }

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void lengthOutsideLimitsOfTypeIsRejected(FrameType verb) throws ProtocolException {
    long stream = rightStream(verb);
    assertThat(read(verb.code(), verb.minLength(), stream).length()).isEqualTo(verb.minLength());
    assertThat(read(verb.code(), verb.maxLength(), stream).length()).isEqualTo(verb.maxLength());
    refused(verb.code(), verb.maxLength() + 1, stream)
        .hasMessageContaining(verb.name())
        .hasMessageContaining(String.valueOf(verb.maxLength() + 1));
    refused(verb.code(), 0xffffff, stream).hasMessageContaining("16777215");
    if (verb.minLength() > 0) {
      refused(verb.code(), verb.minLength() - 1, stream)
          .hasMessageContaining("length " + (verb.minLength() - 1));
    }
  }

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void wrongScopeOfStreamIdIsRejected(FrameType verb) throws ProtocolException {
    long right = rightStream(verb);
    assertThat(read(verb.code(), verb.minLength(), right).stream()).isEqualTo(right);
    refused(verb.code(), verb.minLength(), 1 - right)
        .hasMessageContaining(verb.name())
        .hasMessageContaining("stream " + (1 - right));
  }

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void streamIdAboveSignedRangeIsRejected(FrameType verb) {
    refused(verb.code(), verb.minLength(), -1).hasMessageContaining("stream 18446744073709551615");
    refused(verb.code(), verb.minLength(), Long.MIN_VALUE).hasMessageContaining(verb.name());
  }

  @Test
  void highestStreamIdIsAccepted() throws ProtocolException {
    assertThat(read(FrameType.DATA.code(), 1, Long.MAX_VALUE).stream()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void emptyDataIsRejected() {
    refused(0x30, 0, 1).hasMessageContaining("invalid DATA length 0");
  }

  @Test
  void datagramHasZeroToMaxUdpBytes() throws ProtocolException {
    assertThat(read(0x51, 0, 1)).isEqualTo(new Frame(FrameType.DATAGRAM, 0, 1));
    assertThat(read(0x51, 65_507, 1).length()).isEqualTo(65_507);
    refused(0x51, 65_508, 1).hasMessage("invalid DATAGRAM length 65508 (allowed: 0 to 65507)");
  }

  @Test
  void windowOutsideLimitsIsRejected() {
    for (String bytes : new String[] {"00000000", "80000000", "ffffffff"}) {
      assertThatThrownBy(() ->
              MessageGoldenTest.read(MessageGoldenTest.hex("31 000004 0000000000000001" + bytes)))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("WINDOW has bytes = ");
    }
  }

  @Test
  void everyMessageFitsMessageBuffer() {
    for (FrameType verb : FrameType.values()) {
      if (verb != FrameType.DATA && verb != FrameType.DATAGRAM) {
        assertThat(Frame.HEADER_BYTES + verb.maxLength())
            .isLessThanOrEqualTo(Frame.MAX_MESSAGE_BYTES);
      }
    }
  }

  private static long rightStream(FrameType verb) {
    return verb.scope() == FrameType.Scope.STREAM ? 1 : 0;
  }

  private static Frame read(int code, int length, long stream) throws ProtocolException {
    return Frame.read(
        ByteBuffer.allocate(Frame.HEADER_BYTES).putInt(code << 24 | length).putLong(stream).flip());
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(
      int code, int length, long stream) {
    return assertThatThrownBy(() -> read(code, length, stream))
        .isInstanceOf(ProtocolException.class);
  }
}
