package culvert.protocol;

import static culvert.protocol.HandshakeTest.SECRET;
import static culvert.protocol.HandshakeTest.origin;
import static culvert.protocol.HandshakeTest.remote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import culvert.testing.BareLogin;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that a peer must not send before the session is established. */
class HandshakeLimitsTest {

  private static final byte[] PREFACE = "CULVERT\n".getBytes(StandardCharsets.US_ASCII);

  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();

  @ParameterizedTest
  @ValueSource(strings = {"0304", "ffff", "0000", "0201"})
  void anOriginSideOfOtherVersionsIsToldSo(String versions) throws Exception {
    byte[] hello = hello();
    System.arraycopy(MessageGoldenTest.hex(versions), 0, hello, Frame.HEADER_BYTES, 2);
    assertThatThrownBy(() -> accept(PREFACE, hello))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("supports versions 1 to 2")
        .hasMessageContaining("update the older one");
    assertThat(bye().reason()).isEqualTo(ByeReason.VERSION);
    assertThat(bye().text()).contains("supports versions 1 to 2");
  }

  @Test
  void originSideWithLaterVersionsIsAccepted() throws Exception {
    byte[] hello = hello();
    hello[Frame.HEADER_BYTES + 1] = 9;
    accept(PREFACE, hello, frame(new Message.Proof(new byte[0])));
  }

  /** Culvert 0.1.0 speaks version 1 only. */
  @Test
  void originSideOfVersion1IsAnsweredInVersion1() throws Exception {
    byte[] hello = hello();
    hello[Frame.HEADER_BYTES + 1] = 1;
    accept(PREFACE, hello, frame(new Message.Proof(new byte[0])));
    assertThat(answer.toByteArray()[Frame.HEADER_BYTES]).as("chosen version").isEqualTo((byte) 1);
  }

  @Test
  void unofferedVersionIsRefusedWithReason() throws Exception {
    byte[] challenge = challenge(3);
    assertThatThrownBy(() -> dial(challenge))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("chose version 3, which was not offered");
    assertThat(bye().reason()).isEqualTo(ByeReason.VERSION);
  }

  @Test
  void handshakeBeyond4096BytesIsRejected() {
    byte[] hello = hello();
    int rest = HandshakeExchange.MAX_BYTES - PREFACE.length - hello.length - Frame.HEADER_BYTES;
    byte[] data = new byte[Frame.HEADER_BYTES + rest + 1];
    Frame.write(ByteBuffer.wrap(data), FrameType.DATA, rest + 1, 1);
    var in = new ByteArrayInputStream(join(PREFACE, hello, data));
    assertThatThrownBy(() -> BareLogin.accept(remote(Optional.empty()), in, answer))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("more than 4096 bytes during the login");
    assertThat(in.available()).isEqualTo(rest + 1);
  }

  @Test
  void longestNameIsAcceptedAndLongerHelloRejected() throws Exception {
    accept(PREFACE, hello("n".repeat(64)), frame(new Message.Proof(new byte[0])));
    byte[] longer = Arrays.copyOf(hello(), Frame.HEADER_BYTES + 257);
    ByteBuffer.wrap(longer).putInt(0, 1 << 24 | 257);
    assertThatThrownBy(() -> accept(PREFACE, longer))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("invalid HELLO length 257");
  }

  @Test
  void otherTransportIsRefusedWithReason() throws Exception {
    byte[] challenge = challenge(1, "tls");
    assertThatThrownBy(() -> dial(challenge))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("the remote proxy uses transport tls and the origin proxy plain");
    assertThat(bye().reason()).isEqualTo(ByeReason.TRANSPORT);
  }

  @ParameterizedTest
  @EnumSource(
      value = FrameType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HELLO", "BYE"})
  void unexpectedFrameTypeIsRejectedByRemoteSide(FrameType verb) {
    Throwable thrown = catchThrowable(() -> accept(PREFACE, blank(verb)));
    assertThat(thrown).isInstanceOf(ProtocolException.class).hasMessageContaining(verb.name());
    thrown = catchThrowable(() -> accept(PREFACE, hello(), blank(verb)));
    if (verb != FrameType.PROOF) {
      assertThat(thrown).isInstanceOf(ProtocolException.class).hasMessageContaining(verb.name());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = FrameType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"CHALLENGE", "BYE"})
  void unexpectedFrameTypeIsRejectedByOriginSide(FrameType verb) {
    assertThatThrownBy(() -> dial(blank(verb)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("not a Culvert remote proxy")
        .hasMessageContaining(verb.name());
  }

  @Test
  void secondHelloIsRejected() {
    assertThatThrownBy(() -> accept(PREFACE, hello(), hello()))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("HELLO received, expected PROOF");
  }

  @Test
  void byeAtAnyPointCarriesReasonAndText() {
    byte[] bye = frame(new Message.Bye(ByeReason.BUSY, "come back later"));
    for (Throwable thrown :
        new Throwable[] {
          catchThrowable(() -> accept(PREFACE, bye)),
          catchThrowable(() -> accept(PREFACE, hello(), bye)),
          catchThrowable(() -> dial(bye)),
          catchThrowable(() -> dial(challenge(1), bye))
        }) {
      assertThat(thrown).isInstanceOf(PeerRefusedException.class).hasMessage("come back later");
      assertThat(((PeerRefusedException) thrown).reason()).isEqualTo(ByeReason.BUSY);
    }
  }

  /** The peer is not authenticated then, and the reason would end a process that has served. */
  @Test
  void supersededByeBeforeLoginIsReadAsError() {
    byte[] bye = frame(new Message.Bye(ByeReason.SUPERSEDED, "go away"));
    assertThat(catchThrowable(() -> dial(bye)))
        .isInstanceOf(PeerRefusedException.class)
        .extracting(e -> ((PeerRefusedException) e).reason())
        .isEqualTo(ByeReason.ERROR);
  }

  @Test
  void serverOfOtherProtocolIsNamed() {
    byte[] http = "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> dial(http))
        .isInstanceOf(ForeignServerException.class)
        .hasMessageContaining("the peer is a web server (HTTP)");
  }

  @Test
  void flagsOfLaterVersionAreRejected() {
    byte[] challenge = challenge(1);
    challenge[Frame.HEADER_BYTES + 1] = 2;
    assertThatThrownBy(() -> dial(challenge))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("flags of a later version");
  }

  @Test
  void proofOfWrongLengthIsRefused() {
    for (int length : new int[] {0, 1, 31, 32}) {
      byte[] proof = frame(new Message.Proof(new byte[length]));
      assertThatThrownBy(() ->
              BareLogin.accept(
                  remote(SECRET), new ByteArrayInputStream(join(PREFACE, hello(), proof)), answer))
          .isInstanceOf(PeerRefusedException.class);
    }
  }

  private void accept(byte[]... sent) throws IOException {
    BareLogin.accept(remote(Optional.empty()), new ByteArrayInputStream(join(sent)), answer);
  }

  private void dial(byte[]... sent) throws IOException {
    BareLogin.dial(origin(Optional.empty()), new ByteArrayInputStream(join(sent)), answer);
  }

  /** The last frame that was answered. */
  private Message.Bye bye() throws ProtocolException {
    byte[] all = answer.toByteArray();
    int start = 0;
    if (Arrays.equals(Arrays.copyOf(all, PREFACE.length), PREFACE)) {
      start = PREFACE.length + hello().length;
    }
    return (Message.Bye) MessageGoldenTest.read(Arrays.copyOfRange(all, start, all.length));
  }

  private static byte[] hello() {
    return hello("laptop");
  }

  private static byte[] hello(String name) {
    return frame(new Message.Hello(1, 1, 5, 6, new byte[16], new byte[28], 0, name, "plain"));
  }

  private static byte[] challenge(int version) {
    return challenge(version, "plain");
  }

  private static byte[] challenge(int version, String transport) {
    return frame(
        new Message.Challenge(version, false, 5, 6, new byte[16], new byte[28], 0, transport));
  }

  /** The shortest frame of a verb, on the right stream, its payload zero. */
  private static byte[] blank(FrameType verb) {
    var frame = ByteBuffer.allocate(Frame.HEADER_BYTES + verb.minLength());
    Frame.write(frame, verb, verb.minLength(), verb.scope() == FrameType.Scope.STREAM ? 1 : 0);
    return frame.array();
  }

  private static byte[] frame(Message message) {
    return MessageGoldenTest.bytes(0, message);
  }

  private static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }
}
