package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Blake2sTest {

  /** RFC 7693, appendix B. */
  @Test
  void digestOfAbcMatchesTheRfc() {
    byte[] digest = new Blake2s().digest("abc".getBytes(StandardCharsets.US_ASCII));
    assertThat(digest)
        .asHexString()
        .isEqualToIgnoringCase("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
  }

  /** RFC 7693, appendix E: a digest of digests of several lengths, with and without keys. */
  @Test
  void selfTestOfTheRfcPasses() {
    var grand = new Blake2s();
    for (int digestBytes : new int[] {16, 20, 28, 32}) {
      for (int inputBytes : new int[] {0, 3, 64, 65, 255, 1024}) {
        byte[] input = sequence(inputBytes, inputBytes);
        grand.update(new Blake2s(digestBytes, new byte[0]).digest(input));
        grand.update(new Blake2s(digestBytes, sequence(digestBytes, digestBytes)).digest(input));
      }
    }
    assertThat(grand.digest())
        .asHexString()
        .isEqualToIgnoringCase("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
  }

  private static byte[] sequence(int length, int seed) {
    var bytes = new byte[length];
    int a = 0xdead4bad * seed;
    int b = 1;
    for (int i = 0; i < length; i++) {
      int sum = a + b;
      a = b;
      b = sum;
      bytes[i] = (byte) (sum >>> 24);
    }
    return bytes;
  }

  @Test
  void digestDoesNotDependOnTheSizeOfUpdates() {
    var random = Seed.random("Blake2sTest pieces");
    var input = new byte[1000];
    random.nextBytes(input);
    for (int length = 0; length <= input.length; length += random.nextInt(1, 9)) {
      byte[] whole = new Blake2s().digest(Arrays.copyOf(input, length));
      MessageDigest pieces = new Blake2s();
      for (int at = 0; at < length; ) {
        int piece = Math.min(length - at, random.nextInt(1, 130));
        if (piece == 1) {
          pieces.update(input[at]);
        } else {
          pieces.update(input, at, piece);
        }
        at += piece;
      }
      assertThat(pieces.digest()).as("%d bytes", length).isEqualTo(whole);
    }
  }

  @Test
  void digestRestartsAfterDigestOrReset() {
    var digest = new Blake2s(32, sequence(32, 1));
    byte[] first = digest.digest(new byte[] {1, 2, 3});
    assertThat(digest.digest(new byte[] {1, 2, 3})).isEqualTo(first);
    digest.update(new byte[100]);
    digest.reset();
    assertThat(digest.digest(new byte[] {1, 2, 3})).isEqualTo(first);
  }

  @Test
  void digestLengthIsReported() {
    assertThat(new Blake2s().getDigestLength()).isEqualTo(32);
    assertThat(HexFormat.of().formatHex(new Blake2s(20, new byte[0]).digest())).hasSize(40);
  }
}
