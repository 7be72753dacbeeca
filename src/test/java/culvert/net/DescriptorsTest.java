package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Loopback;
import org.junit.jupiter.api.Test;

class DescriptorsTest {

  private static Descriptors open(Descriptors descriptors, int sockets) {
    for (int i = 0; i < sockets; i++) {
      descriptors.opened();
    }
    return descriptors;
  }

  @Test
  void anEighthAndAtMost64AreReserved() {
    assertThat(new Descriptors(128).reserved()).isEqualTo(16);
    assertThat(new Descriptors(1024).reserved()).isEqualTo(64);
    assertThat(new Descriptors(Long.MAX_VALUE).reserved()).isEqualTo(64);
  }

  @Test
  void reserveIsReachedBeforeItIsShort() {
    var descriptors = open(new Descriptors(128), 128 - 32 - 16 - 1);
    assertThat(descriptors.isReserveReached()).isFalse();
    descriptors.opened();
    assertThat(descriptors.isReserveReached()).isTrue();
    assertThat(descriptors.isReserveShort()).isFalse();
    open(descriptors, 8);
    assertThat(descriptors.isReserveShort()).isTrue();
    descriptors.closed();
    assertThat(descriptors.isReserveShort()).isFalse();
  }

  @Test
  void flowsLeaveHalfOfTheDescriptorsToTcpVisitors() {
    assertThat(new Descriptors(4096).maxFlows(16_384)).isEqualTo(2048);
    assertThat(new Descriptors(4096).maxFlows(100)).isEqualTo(100);
    assertThat(new Descriptors(1).maxFlows(100)).isEqualTo(1);
    assertThat(new Descriptors(Long.MAX_VALUE).maxFlows(16_384)).isEqualTo(16_384);
  }

  @Test
  void unknownLimitIsNeverReached() {
    assertThat(open(new Descriptors(Long.MAX_VALUE), 10_000).isReserveReached()).isFalse();
  }

  /** A connection and its end count once each, whatever ends it. */
  @Test
  void openSocketsOfTheProcessAreCounted() throws Exception {
    long before = Descriptors.PROCESS.sockets();
    try (var pair = Loopback.open()) {
      assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before + 2);
      pair.near().reset();
      pair.near().close();
      assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before + 1);
    }
    assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before);
  }
}
