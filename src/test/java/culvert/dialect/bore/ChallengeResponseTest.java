package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BoreSecret;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys and answers that a real bore server has accepted. */
class ChallengeResponseTest {

  @ParameterizedTest
  @CsvSource({
    "'', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "secret, 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
    "my_secret_string, 8fc8d000aa6cb9d37b49d45d812646557217362b7b0b8d30f1c91d0ebbb02b12",
    "sécret ✓, 0b83c5e373d986fd84f17ee8406856580ee981055a3f301c9dc6a0b17d3d5540"
  })
  void keyOfSecretIsItsDigest(String secret, String key) {
    assertThat(BoreSecret.of(secret).key().getEncoded()).isEqualTo(HexFormat.of().parseHex(key));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 00000000-0000-0000-0000-000000000000,"
        + " d12735575423a0e7f53a6191fd5ffe258d92297e771ff55f4ba8e4672bf05aba",
    "'', 01020304-0506-4708-890a-0b0c0d0e0f10,"
        + " 57a4257d1f61ed38a7b65d5ab3aa56f8524c356b2489de934e4b20a96ddc75f4",
    "secret, 00000000-0000-0000-0000-000000000000,"
        + " f595dd2e2c05b7bc7042dc3541159dc9eaf2ded8f547cfd51966c2ec464773b1",
    "secret, 01020304-0506-4708-890a-0b0c0d0e0f10,"
        + " fe95624c3d5b270fa217839a27eeada6d0978e989bef079e9265d1113aa24e8a",
    "secret, f47ac10b-58cc-4372-a567-0e02b2c3d479,"
        + " a82dc179e4d138ca15810d66d643b8f9123e150b6a03187bd9e977752cef61f1",
    "my_secret_string, 00000000-0000-0000-0000-000000000000,"
        + " 46fa24e33b242259379982a7e8b010e242bbcdbe3c7c22a6924e73c9b47b51cd",
    "my_secret_string, f47ac10b-58cc-4372-a567-0e02b2c3d479,"
        + " 744750c9e24d8cf15608b1159a8d9ca09d68ba144a81ccb2885a8f52587be207",
    "sécret ✓, 01020304-0506-4708-890a-0b0c0d0e0f10,"
        + " ab9da1ab1842493cc2ae6a292a72dd3c7435bebfe5aad9b502230e6edc8cb062",
    "secret, 00000010-0000-0000-0000-000000000000,"
        + " 32bd22099f05c386aba91ce71992f735a728468929e76e8d6f82ff5ebbdf3692"
  })
  void answerIsValidForItsChallengeOnly(String text, UUID challenge, String answer) {
    BoreSecret secret = BoreSecret.of(text);
    assertThat(ChallengeResponse.to(challenge, secret)).isEqualTo(answer);
    assertThat(ChallengeResponse.isValid(answer, challenge, secret)).isTrue();
    assertThat(ChallengeResponse.isValid(answer.toUpperCase(Locale.ROOT), challenge, secret))
        .isTrue();
    assertThat(ChallengeResponse.isValid(answer, UUID.randomUUID(), secret)).isFalse();
    assertThat(ChallengeResponse.isValid(answer, challenge, BoreSecret.of("another"))).isFalse();
  }

  @Test
  void malformedAnswerIsInvalid() {
    var challenge = new UUID(0, 0);
    BoreSecret secret = BoreSecret.of("secret");
    String right = ChallengeResponse.to(challenge, secret);
    for (String answer : new String[] {"", "wrong answer", right.substring(2), right + "00"}) {
      assertThat(ChallengeResponse.isValid(answer, challenge, secret)).as(answer).isFalse();
    }
  }

  @Test
  void secretIsNeverPrinted() {
    assertThat(BoreSecret.of("secret")).hasToString("***");
  }
}
