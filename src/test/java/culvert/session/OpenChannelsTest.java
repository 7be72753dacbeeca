package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@Timeout(30)
class OpenChannelsTest {

  private final AtomicInteger drained = new AtomicInteger();
  private final OpenChannels channels = new OpenChannels(drained::incrementAndGet);

  @Test
  void drainWithoutChannelsReportsImmediately() {
    channels.drain();
    assertThat(drained).hasValue(1);
  }

  @Test
  void drainReportsTheEndOfTheLastChannelOnly() throws Exception {
    try (var first = Loopback.open();
        var second = Loopback.open()) {
      Connection one = channels.add(first.far());
      Connection two = channels.add(second.far());
      channels.drain();
      one.close();
      assertThat(drained).hasValue(0);
      two.close();
      two.reset();
      assertThat(drained).hasValue(1);
    }
  }

  @Test
  void abortResetsOpenAndLaterChannels() throws Exception {
    try (var first = Loopback.open();
        var second = Loopback.open()) {
      channels.add(first.far());
      channels.abort();
      channels.add(second.far());
      for (Loopback pair : new Loopback[] {first, second}) {
        assertThatThrownBy(() -> pair.near().input().read()).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void removedChannelStaysOpen() throws Exception {
    try (var pair = Loopback.open()) {
      channels.remove(channels.add(pair.far()));
      pair.far().closeOutput();
      assertThat(pair.near().input().read()).isNegative();
      channels.drain();
      assertThat(drained).hasValue(1);
    }
  }
}
