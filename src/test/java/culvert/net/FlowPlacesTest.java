package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which flow a new one replaces. */
class FlowPlacesTest {

  private static final int MAX = 8;

  private final FlowPlaces<String> places = new FlowPlaces<>(MAX);
  private final FlowPlaces<String>.Share dns = places.share();

  private static SourcePrefix source(int host) {
    try {
      return SourcePrefix.of(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host}));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds a flow, and ends the one that it replaces, as the roles do. */
  private static Optional<String> add(FlowPlaces<String>.Share share, int host, String flow) {
    Optional<String> replaced = share.add(source(host), flow);
    replaced.ifPresent(old -> share.remove(source(Integer.parseInt(old.split("-")[0])), old));
    return replaced;
  }

  private void fill(FlowPlaces<String>.Share share, int host, int count) {
    for (int i = 0; i < count; i++) {
      assertThat(add(share, host, host + "-" + i)).isEmpty();
    }
  }

  @Test
  void oldestFlowOfTheSourceWithMostIsReplaced() {
    fill(dns, 1, 5);
    fill(dns, 2, 3);
    assertThat(add(dns, 3, "3-0")).contains("1-0");
    assertThat(add(dns, 1, "1-5")).contains("1-1");
    assertThat(places.used()).isEqualTo(MAX);
  }

  @Test
  void unconfirmedFlowsAreReplacedFirst() {
    fill(dns, 1, 1);
    dns.confirm(source(1), "1-0");
    List<String> replaced = new ArrayList<>();
    for (int host = 2; host < 30; host++) {
      add(dns, host, host + "-0").ifPresent(replaced::add);
    }
    assertThat(replaced).hasSize(21).startsWith("2-0", "3-0").doesNotContain("1-0");
  }

  @Test
  void sourceWithMoreThanHalfOfAllPlacesIsReplacedThoughConfirmed() {
    fill(dns, 1, 6);
    for (int i = 0; i < 6; i++) {
      dns.confirm(source(1), "1-" + i);
    }
    fill(dns, 2, 2);
    assertThat(add(dns, 3, "3-0")).contains("1-0");
  }

  @Test
  void serviceWithMostFlowsGivesPlacesToOthers() {
    FlowPlaces<String>.Share game = places.share();
    fill(dns, 1, MAX);
    assertThat(game.add(source(2), "2-0")).contains("1-0");
    dns.remove(source(1), "1-0");
    assertThat(dns.add(source(3), "3-0")).contains("1-1");
    dns.remove(source(1), "1-1");
    assertThat(places.used()).isEqualTo(MAX);
  }

  @Test
  void flowThatEndedTwiceFreesOnePlace() {
    fill(dns, 1, 2);
    dns.remove(source(1), "1-0");
    dns.remove(source(1), "1-0");
    assertThat(places.used()).isEqualTo(1);
  }
}
