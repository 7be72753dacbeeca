package culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private static final int MAX_SOURCES = 1024;

  /** Near the overflow, where only differences of nanoTime are right. */
  private long now = Long.MAX_VALUE - 5;

  private final RateLimit<InetAddress> limit = new RateLimit<>(1, Duration.ofNanos(10), () -> now);

  @Test
  void sourceHasOneLinePerPeriod() throws Exception {
    assertThat(limit.allows(source(1))).isTrue();
    now += 9;
    assertThat(limit.allows(source(1))).isFalse();
    now += 1;
    assertThat(limit.allows(source(1))).isTrue();
    assertThat(limit.allows(source(1))).isFalse();
  }

  @Test
  void sourceHasAllowedNumberOfLinesPerPeriod() throws Exception {
    var three = new RateLimit<InetAddress>(3, Duration.ofNanos(10), () -> now);
    for (int period = 0; period < 2; period++) {
      for (int i = 0; i < 10; i++) {
        assertThat(three.allows(source(1))).isEqualTo(i < 3);
        now++;
      }
    }
  }

  /** Otherwise a busy source would never be heard of again. */
  @Test
  void suppressedLineDoesNotExtendPeriod() throws Exception {
    limit.allows(source(1));
    for (int i = 0; i < 9; i++) {
      now++;
      assertThat(limit.allows(source(1))).isFalse();
    }
    now++;
    assertThat(limit.allows(source(1))).isTrue();
  }

  @Test
  void sourcesAreIndependent() throws Exception {
    assertThat(limit.allows(source(1))).isTrue();
    assertThat(limit.allows(source(2))).isTrue();
    assertThat(limit.allows(source(1))).isFalse();
  }

  @Test
  void oldestSourceIsForgottenAtLimit() throws Exception {
    for (int i = 0; i < MAX_SOURCES; i++) {
      limit.allows(source(i));
    }
    now += 10;
    assertThat(limit.allows(source(0))).as("the oldest spoke again").isTrue();
    assertThat(limit.allows(source(MAX_SOURCES))).isTrue();
    now -= 1;
    assertThat(limit.allows(source(1))).as("forgotten").isTrue();
    assertThat(limit.allows(source(0))).as("remembered").isFalse();
  }

  private static InetAddress source(int i) throws UnknownHostException {
    return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(i).array());
  }
}
