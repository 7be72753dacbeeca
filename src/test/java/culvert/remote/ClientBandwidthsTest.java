package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.Secret;
import culvert.net.BandwidthLimits;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which sessions share a bandwidth. */
class ClientBandwidthsTest {

  private static final Secret SECRET = Secret.of(Secret.generate());

  private final ClientBandwidths bandwidths = new ClientBandwidths();

  private static ClientSettings client(String name, String bandwidth) {
    return new ClientSettings(
        name, SECRET, List.of("*"), List.of(), Optional.of(ByteCount.parse(bandwidth)));
  }

  private BandwidthLimits limits(String client, String origin) {
    return bandwidths.limits(FakeSession.ofClient(client, SECRET, origin, origin));
  }

  @Test
  void sessionsOfOneClientShareItsBandwidth() {
    bandwidths.set(List.of(client("vienna", "1M"), client("lisbon", "1M")));
    assertThat(limits("vienna", "laptop")).isEqualTo(limits("vienna", "desktop"));
    assertThat(limits("vienna", "laptop")).isNotEqualTo(limits("lisbon", "laptop"));
  }

  @Test
  void sessionOfNoClientHasNoLimit() {
    bandwidths.set(List.of(client("vienna", "1M")));
    assertThat(bandwidths.limits(new FakeSession("a"))).isEqualTo(BandwidthLimits.NONE);
  }

  /** Connected visitors have the buckets of before. */
  @Test
  void changedRateKeepsTheBuckets() {
    bandwidths.set(List.of(client("vienna", "1K")));
    BandwidthLimits before = limits("vienna", "laptop");
    assertThat(before.forward().tryTake(1_000_000)).isTrue();
    assertThat(before.forward().tryTake(1)).as("after the burst").isFalse();
    bandwidths.set(List.of(new ClientSettings("vienna", SECRET, List.of("*"), List.of())));
    assertThat(limits("vienna", "laptop")).isEqualTo(before);
    assertThat(before.forward().tryTake(1)).isTrue();
  }
}
