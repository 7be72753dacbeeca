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

/** What the accepting side of the bounce wire makes of bytes, however they come. */
class BounceServerHandshakeTest {

  private static final int GROUPS = 65_536;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static BounceServerHandshake admission(String authentication) {
    return new BounceServerHandshake(BounceGreeting.PROGRAM, GROUPS, bytes(authentication));
  }

  /** Feeds all at once; returns what was left. */
  private static String feed(BounceServerHandshake admission, String text) {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(text));
    admission.feed(bytes);
    return StandardCharsets.ISO_8859_1.decode(bytes).toString();
  }

  private static void joins(BounceServerHandshake admission, int group) {
    assertThat(admission.state()).isEqualTo(State.ACCEPTED);
    assertThat(admission.number()).isEqualTo(group);
    assertThat(admission.refusal()).isEmpty();
  }

  private static void refused(BounceServerHandshake admission, BounceRefusal why) {
    assertThat(admission.state()).isEqualTo(State.REFUSED);
    assertThat(admission.refusal()).contains(why);
  }

  /** The exchange that was seen on the original, byte for byte. */
  @Test
  void theProgramsWireIsWhatTheProgramSays() {
    BounceServerHandshake admission = admission("hi");
    assertThat(admission.banner())
        .isEqualTo(HexFormat.of().parseHex("342d426f756e63655365727665725f312e300a"));
    assertThat(feed(admission, "hi00ac")).isEmpty();
    joins(admission, 172);
    assertThat(admission.welcome()).isEqualTo(HexFormat.of().parseHex("5245414459"));
  }

  @Test
  void theTextsWireHasNoLineFeedAndNoReady() {
    var admission = new BounceServerHandshake(BounceGreeting.TEXT, GROUPS, bytes("hello"));
    assertThat(admission.banner()).isEqualTo(bytes("4-BounceServer_1.0"));
    feed(admission, "hello00ac");
    joins(admission, 172);
    assertThat(admission.welcome()).isEmpty();
  }

  @Test
  void theRefusalsAreTheWiresOwn() {
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
  void theBannerCountsTheDigitsOfTheLargestNumber(int groups, int digits) {
    var admission = new BounceServerHandshake(BounceGreeting.TEXT, groups, new byte[0]);
    assertThat(admission.banner()).isEqualTo(bytes(digits + "-BounceServer_1.0"));
  }

  @Test
  void wherverTheHandshakeIsSplitItMeansTheSame() {
    byte[] all = bytes("hello00acDATA");
    for (int cut = 0; cut <= all.length; cut++) {
      BounceServerHandshake admission = admission("hello");
      ByteBuffer bytes = ByteBuffer.wrap(all);
      admission.feed(bytes.limit(cut));
      admission.feed(bytes.limit(all.length));
      joins(admission, 172);
      assertThat(bytes.remaining()).as("data behind the handshake").isEqualTo(4);
    }
  }

  @Test
  void oneByteAtATimeMeansTheSame() {
    BounceServerHandshake admission = admission("hello");
    for (char c : "hello00ac".toCharArray()) {
      assertThat(admission.state()).isNotEqualTo(State.ACCEPTED);
      feed(admission, String.valueOf(c));
    }
    joins(admission, 172);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 1000, 65_536})
  void anAuthenticationOfAnyLengthAndOfAnyBytesIsMatched(int length) {
    byte[] authentication = new byte[length];
    Seed.random("BounceAdmissionTest").nextBytes(authentication);
    var admission = new BounceServerHandshake(BounceGreeting.PROGRAM, GROUPS, authentication);
    ByteBuffer bytes = ByteBuffer.allocate(length + 5).put(authentication).put(bytes("0001x"));
    admission.feed(bytes.flip());
    joins(admission, 1);
    assertThat(bytes.remaining()).isEqualTo(1);
  }

  @Test
  void aWrongByteAtAnyPositionIsRefusedOnceAllHaveCome() {
    for (int wrong = 0; wrong < 5; wrong++) {
      byte[] said = bytes("hello");
      said[wrong] ^= 0x20;
      BounceServerHandshake admission = admission("hello");
      for (int i = 0; i < 4; i++) {
        admission.feed(ByteBuffer.wrap(said, i, 1));
        assertThat(admission.state())
            .as("nothing is told early")
            .isEqualTo(State.AWAITING_AUTHENTICATION);
      }
      admission.feed(ByteBuffer.wrap(said, 4, 1));
      refused(admission, BounceRefusal.AUTHENTICATION);
    }
  }

  @Test
  void twoWrongBytesDoNotMakeARightOne() {
    BounceServerHandshake admission = admission("hello");
    feed(admission, "Hellg");
    refused(admission, BounceRefusal.AUTHENTICATION);
  }

  @Test
  void whatComesBehindARefusalChangesNothing() {
    BounceServerHandshake admission = admission("hi");
    feed(admission, "hohi0001");
    refused(admission, BounceRefusal.AUTHENTICATION);
    admission.pauseElapsed();
    admission.timedOut();
    refused(admission, BounceRefusal.AUTHENTICATION);
  }

  /** Else the answer would tell how far a guess is right. */
  @ParameterizedTest
  @ValueSource(strings = {"h", "x", "hell", "hexl"})
  void aShorterStringIsRefusedWhenTheTimeIsUpRightOrWrong(String said) {
    BounceServerHandshake admission = admission("hello");
    feed(admission, said);
    admission.pauseElapsed();
    assertThat(admission.state()).isEqualTo(State.AWAITING_AUTHENTICATION);
    admission.timedOut();
    refused(admission, BounceRefusal.AUTHENTICATION);
  }

  @Test
  void toSilenceThereIsNothingToSay() {
    BounceServerHandshake silent = admission("hi");
    silent.timedOut();
    assertThat(silent.state()).isEqualTo(State.AWAITING_AUTHENTICATION);
    BounceServerHandshake authenticated = admission("hi");
    feed(authenticated, "hi");
    authenticated.timedOut();
    assertThat(authenticated.state()).isEqualTo(State.AWAITING_NUMBER);
  }

  @ParameterizedTest
  @EnumSource(BounceGreeting.class)
  void withoutAuthenticationTheNumberComesAtOnce(BounceGreeting wire) {
    var admission = new BounceServerHandshake(wire, GROUPS, new byte[0]);
    assertThat(admission.state()).isEqualTo(State.AWAITING_NUMBER);
    feed(admission, "00AC");
    joins(admission, 172);
  }

  @ParameterizedTest
  @CsvSource({"1fxyz, 31, xyz", "01234rest, 291, 4rest", "0x10, 0, x10", "FfFf, 65535, ''"})
  void aNumberEndsAtItsLastDigitOrAtWhatIsNone(String said, int group, String left) {
    BounceServerHandshake admission = admission("hi");
    assertThat(feed(admission, "hi" + said)).isEqualTo(left);
    joins(admission, group);
  }

  @Test
  void aShortNumberIsCompleteAfterAPauseAndNotBefore() {
    BounceServerHandshake admission = admission("hi");
    feed(admission, "hi1");
    assertThat(admission.state()).isEqualTo(State.READING_NUMBER);
    feed(admission, "F");
    assertThat(admission.state()).isEqualTo(State.READING_NUMBER);
    admission.pauseElapsed();
    joins(admission, 31);
    assertThat(feed(admission, "23")).as("data").isEqualTo("23");
  }

  @Test
  void aPauseBeforeTheFirstDigitMeansNothing() {
    BounceServerHandshake admission = admission("hi");
    feed(admission, "hi");
    admission.pauseElapsed();
    assertThat(admission.state()).isEqualTo(State.AWAITING_NUMBER);
  }

  /** The last one is a digit elsewhere in the world. */
  @ParameterizedTest
  @ValueSource(strings = {"zz", "g", "\n", " 1", "-1", "\u00b2"})
  void whatBeginsWithNoDigitIsNoNumber(String said) {
    BounceServerHandshake admission = admission("hi");
    feed(admission, "hi" + said);
    refused(admission, BounceRefusal.NUMBER);
  }

  @Test
  void aNumberThatIsNoGroupsIsRefused() {
    var ten = new BounceServerHandshake(BounceGreeting.PROGRAM, 10, new byte[0]);
    feed(ten, "a");
    refused(ten, BounceRefusal.NUMBER);
    var last = new BounceServerHandshake(BounceGreeting.PROGRAM, 10, new byte[0]);
    feed(last, "9");
    joins(last, 9);
    var thousand = new BounceServerHandshake(BounceGreeting.PROGRAM, 1000, new byte[0]);
    feed(thousand, "3e8");
    refused(thousand, BounceRefusal.NUMBER);
  }
}
