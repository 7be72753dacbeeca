package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ByteCount;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ResourceLimits;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The data channels of two remote proxies, each of which may open one at a time. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class DataChannelsTest {

  private static final ResourceLimits ONE_AT_A_TIME =
      new ResourceLimits(2, 1, new ByteCount(16 * 1024), new ByteCount(16 * 1024 * 1024));

  private final Deadlines deadlines = new Deadlines();
  private final TestServer remote;
  private final CountDownLatch released = new CountDownLatch(1);
  private final CountDownLatch opening = new CountDownLatch(1);
  private final CountDownLatch handled = new CountDownLatch(1);

  DataChannelsTest() throws IOException {
    remote = TestServer.echo();
  }

  @AfterEach
  void close() throws IOException {
    released.countDown();
    remote.close();
    deadlines.close();
  }

  private DataChannels channels() {
    OriginSettings settings =
        new RolePair.Options()
            .bounds(ONE_AT_A_TIME)
            .originSettings(remote.address(), new RemoteAddress.Direct(remote.address()));
    return new DataChannels(
        settings, new Dialer(new BufferPool()), deadlines, (visitor, at, cause) -> {});
  }

  private DataChannels.OfSession session(DataChannels channels) {
    HostPort at = remote.address();
    return channels.forSession(new InetSocketAddress(at.host(), at.port()));
  }

  private static Visitor visitor() {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
    return new Visitor("default", address, address);
  }

  private Connection openSlowly(Connection fresh) throws IOException {
    opening.countDown();
    awaitUninterrupted(released);
    return fresh;
  }

  private static void awaitUninterrupted(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void channelThatDoesNotOpenAtOneRemoteProxyLeavesTheOtherItsTurn() throws Exception {
    DataChannels channels = channels();
    session(channels).open("slow", visitor(), this::openSlowly, stream -> {});
    awaitUninterrupted(opening);
    session(channels).open("next", visitor(), fresh -> fresh, stream -> handled.countDown());
    awaitUninterrupted(handled);
  }
}
