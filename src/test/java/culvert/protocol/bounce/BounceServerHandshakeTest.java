package culvert.protocol.bounce;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.bounce.BounceServerHandshake.State;
import culvert.testing.Seed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the server side of the bounce handshake, with input split in different ways. */
class BounceServerHandshakeTest {

  private static final int GROUPS = 65_536;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static BounceServerHandshake handshake(String authentication) {
    return new BounceServerHandshake(BounceGreeting.AS_IMPLEMENTED, GROUPS, bytes(authentication));
  }

  /** Feeds the text at once; returns the bytes that were not consumed. */
  private static String feed(BounceServerHandshake handshake, String text) {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(text));
    handshake.feed(bytes);
    return StandardCharsets.ISO_8859_1.decode(bytes).toString();
  }

  private static void assertAccepted(BounceServerHandshake handshake, int group) {
    assertThat(handshake.state()).isEqualTo(State.ACCEPTED);
    assertThat(handshake.number()).isEqualTo(group);
    assertThat(handshake.refusal()).isEmpty();
  }

  private static void assertRefused(BounceServerHandshake handshake, BounceRefusal reason) {
    assertThat(handshake.state()).isEqualTo(State.REFUSED);
    assertThat(handshake.refusal()).contains(reason);
  }

  /** The exchange as recorded from the original program. */
  @Test
  void programVariantMatchesRecordedExchange() {
    BounceServerHandshake handshake = handshake("hi");
    assertThat(handshake.banner())
        .isEqualTo(HexFormat.of().parseHex("342d426f756e63655365727665725f312e300a"));
    assertThat(feed(handshake, "hi00ac")).isEmpty();
    assertAccepted(handshake, 172);
    assertThat(handshake.welcome()).isEqualTo(HexFormat.of().parseHex("5245414459"));
  }

  @Test
  void textVariantHasNeitherLineFeedNorReady() {
    var handshake = new BounceServerHandshake(BounceGreeting.AS_DOCUMENTED, GROUPS, bytes("hello"));
    assertThat(handshake.banner()).isEqualTo(bytes("4-BounceServer_1.0"));
    feed(handshake, "hello00ac");
    assertAccepted(handshake, 172);
    assertThat(handshake.welcome()).isEmpty();
  }

  @Test
  void refusalsHaveTheTextsOfTheProtocol() {
    assertThat(BounceRefusal.AUTHENTICATION.bytes()).isEqualTo(bytes("Authentication failure"));
    assertThat(BounceRefusal.FULL.bytes()).isEqualTo(bytes("Connection Group Full"));
    assertThat(BounceRefusal.NUMBER.bytes()).isEqualTo(bytes("Failed to negotiate channel number"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 1",
    "15, 1",
    "16, 1",
    "17, 2",
    "255, 2",
    "256, 2",
    "257, 3",
    "4096, 3",
    "4097, 4",
    "65535, 4",
    "65536, 4",
    "65537, 5",
    "1000000, 5"
  })
  void bannerHasDigitCountOfLargestNumber(int groups, int digits) {
    var handshake = new BounceServerHandshake(BounceGreeting.AS_DOCUMENTED, groups, new byte[0]);
    assertThat(handshake.banner()).isEqualTo(bytes(digits + "-BounceServer_1.0"));
  }

  @Test
  void handshakeMayBeSplitAnywhere() {
    byte[] all = bytes("hello00acDATA");
    for (int cut = 0; cut <= all.length; cut++) {
      BounceServerHandshake handshake = handshake("hello");
      ByteBuffer bytes = ByteBuffer.wrap(all);
      handshake.feed(bytes.limit(cut));
      handshake.feed(bytes.limit(all.length));
      assertAccepted(handshake, 172);
      assertThat(bytes.remaining()).as("data after the handshake").isEqualTo(4);
    }
  }

  @Test
  void handshakeMayArriveByteByByte() {
    BounceServerHandshake handshake = handshake("hello");
    for (char c : "hello00ac".toCharArray()) {
      assertThat(handshake.state()).isNotEqualTo(State.ACCEPTED);
      feed(handshake, String.valueOf(c));
    }
    assertAccepted(handshake, 172);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 1000, 65_536})
  void authenticationMayBeAnyBytesOfAnyLength(int length) {
    byte[] authentication = new byte[length];
    Seed.random("BounceServerHandshakeTest").nextBytes(authentication);
    var handshake =
        new BounceServerHandshake(BounceGreeting.AS_IMPLEMENTED, GROUPS, authentication);
    ByteBuffer bytes = ByteBuffer.allocate(length + 5).put(authentication).put(bytes("0001x"));
    handshake.feed(bytes.flip());
    assertAccepted(handshake, 1);
    assertThat(bytes.remaining()).isEqualTo(1);
  }

  @Test
  void wrongByteIsRefusedOnlyAfterFullLength() {
    for (int wrong = 0; wrong < 5; wrong++) {
      byte[] sent = bytes("hello");
      sent[wrong] ^= 0x20;
      BounceServerHandshake handshake = handshake("hello");
      for (int i = 0; i < 4; i++) {
        handshake.feed(ByteBuffer.wrap(sent, i, 1));
        assertThat(handshake.state())
            .as("no early refusal")
            .isEqualTo(State.AWAITING_AUTHENTICATION);
      }
      handshake.feed(ByteBuffer.wrap(sent, 4, 1));
      assertRefused(handshake, BounceRefusal.AUTHENTICATION);
    }
  }

  @Test
  void wrongBytesDoNotCancelOut() {
    BounceServerHandshake handshake = handshake("hello");
    feed(handshake, "Hellg");
    assertRefused(handshake, BounceRefusal.AUTHENTICATION);
  }

  @Test
  void inputAfterRefusalHasNoEffect() {
    BounceServerHandshake handshake = handshake("hi");
    feed(handshake, "hohi0001");
    assertRefused(handshake, BounceRefusal.AUTHENTICATION);
    handshake.pauseElapsed();
    handshake.timedOut();
    assertRefused(handshake, BounceRefusal.AUTHENTICATION);
  }

  /** Otherwise the answer would reveal how much of a guess is right. */
  @ParameterizedTest
  @ValueSource(strings = {"h", "x", "hell", "hexl"})
  void shorterStringIsRefusedAtTimeout(String sent) {
    BounceServerHandshake handshake = handshake("hello");
    feed(handshake, sent);
    handshake.pauseElapsed();
    assertThat(handshake.state()).isEqualTo(State.AWAITING_AUTHENTICATION);
    handshake.timedOut();
    assertRefused(handshake, BounceRefusal.AUTHENTICATION);
  }

  @Test
  void silentClientIsNotRefusedAtTimeout() {
    BounceServerHandshake silent = handshake("hi");
    silent.timedOut();
    assertThat(silent.state()).isEqualTo(State.AWAITING_AUTHENTICATION);
    BounceServerHandshake authenticated = handshake("hi");
    feed(authenticated, "hi");
    authenticated.timedOut();
    assertThat(authenticated.state()).isEqualTo(State.AWAITING_NUMBER);
  }

  @ParameterizedTest
  @EnumSource(BounceGreeting.class)
  void numberComesFirstWithoutAuthentication(BounceGreeting greeting) {
    var handshake = new BounceServerHandshake(greeting, GROUPS, new byte[0]);
    assertThat(handshake.state()).isEqualTo(State.AWAITING_NUMBER);
    feed(handshake, "00AC");
    assertAccepted(handshake, 172);
  }

  @ParameterizedTest
  @CsvSource({"1fxyz, 31, xyz", "01234rest, 291, 4rest", "0x10, 0, x10", "FfFf, 65535, ''"})
  void numberEndsAtLastDigitOrFirstNonDigit(String sent, int group, String left) {
    BounceServerHandshake handshake = handshake("hi");
    assertThat(feed(handshake, "hi" + sent)).isEqualTo(left);
    assertAccepted(handshake, group);
  }

  @Test
  void shortNumberIsCompleteOnlyAfterPause() {
    BounceServerHandshake handshake = handshake("hi");
    feed(handshake, "hi1");
    assertThat(handshake.state()).isEqualTo(State.READING_NUMBER);
    feed(handshake, "F");
    assertThat(handshake.state()).isEqualTo(State.READING_NUMBER);
    handshake.pauseElapsed();
    assertAccepted(handshake, 31);
    assertThat(feed(handshake, "23")).as("data").isEqualTo("23");
  }

  @Test
  void pauseBeforeFirstDigitHasNoEffect() {
    BounceServerHandshake handshake = handshake("hi");
    feed(handshake, "hi");
    handshake.pauseElapsed();
    assertThat(handshake.state()).isEqualTo(State.AWAITING_NUMBER);
  }

  /** The last one is a digit in Unicode, but not in ASCII. */
  @ParameterizedTest
  @ValueSource(strings = {"zz", "g", "\n", " 1", "-1", "\u00b2"})
  void numberMustStartWithDigit(String sent) {
    BounceServerHandshake handshake = handshake("hi");
    feed(handshake, "hi" + sent);
    assertRefused(handshake, BounceRefusal.NUMBER);
  }

  @Test
  void numberBeyondLastGroupIsRefused() {
    var ten = new BounceServerHandshake(BounceGreeting.AS_IMPLEMENTED, 10, new byte[0]);
    feed(ten, "a");
    assertRefused(ten, BounceRefusal.NUMBER);
    var last = new BounceServerHandshake(BounceGreeting.AS_IMPLEMENTED, 10, new byte[0]);
    feed(last, "9");
    assertAccepted(last, 9);
    var thousand = new BounceServerHandshake(BounceGreeting.AS_IMPLEMENTED, 1000, new byte[0]);
    feed(thousand, "3e8");
    assertRefused(thousand, BounceRefusal.NUMBER);
  }
}
