package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.testing.LeakCheck;
import culvert.testing.Pace;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.SlowLink;
import culvert.testing.TestServer;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A flood of datagrams beside another flow and beside streams, over a link of 8 Mbit/s. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class UdpFloodTest {

  private static final String WEB = "web";
  private static final long BITS_PER_SECOND = 8_000_000;

  /** Four times what the link carries. */
  private static final int FLOOD_BYTES_PER_SECOND = 4_000_000;

  /** Limits small datagrams, so that the flood takes the link and not the processor. */
  private static final int MAX_BURST = 100;

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static RolePair tunnel(HostPort udp, HostPort tcp) throws Exception {
    return RolePair.over(
        control -> new SlowLink(control, Duration.ofMillis(5), BITS_PER_SECOND),
        udp,
        new RolePair.Options().udp().alsoTcp(WEB, tcp));
  }

  /** Sends datagrams of one length in bursts, from its start to its close. */
  private static final class Flood implements AutoCloseable {
    private final UdpClient visitor;
    private final byte[] datagram;
    private final AtomicBoolean isOver = new AtomicBoolean();
    private Thread thread;

    Flood(HostPort service, int length) throws IOException {
      visitor = new UdpClient(service);
      datagram = new byte[length];
    }

    void start() {
      thread = Threads.start("flood", this::run);
    }

    private void run() {
      int burst = Math.min(MAX_BURST, Math.max(1, FLOOD_BYTES_PER_SECOND / 100 / datagram.length));
      try {
        while (!isOver.get()) {
          for (int i = 0; i < burst; i++) {
            visitor.send(datagram);
          }
          Pace.pause(Duration.ofMillis(10));
        }
      } catch (IOException | InterruptedException e) {
        // The test fails with what is missing.
      }
    }

    @Override
    public void close() {
      isOver.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      visitor.close();
    }
  }

  /** UDP may lose a datagram on a busy machine, but not most of those of a quiet flow. */
  @Test
  void floodOfOneFlowLosesFewDatagramsOfAnother() throws Exception {
    int count = 16;
    int answered = 0;
    try (var udp = UdpServer.echo();
        var tcp = TestServer.echo();
        var tunnel = tunnel(udp.address(), tcp.address());
        var canary = new UdpClient(tunnel.outside())) {
      canary.ask(new byte[] {'c', -1});
      try (var flood = new Flood(tunnel.outside(), 1400)) {
        flood.start();
        for (byte i = 0; i < count; i++) {
          canary.send(new byte[] {'c', i});
          answered += canary.isReceived(new byte[] {'c', i}, ANSWER_LIMIT) ? 1 : 0;
        }
        assertThat(tunnel.remote().heldBytes()).isLessThan(1 << 20);
      }
      assertThat(tunnel.remote().counters().get(Counter.DATAGRAMS_DROPPED)).isPositive();
      assertThat(answered).isGreaterThan(count * 3 / 4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1400, 60_000})
  void floodOfDatagramsLeavesStreamsTheirPartOfTheLink(int length) throws Exception {
    byte[] bulk = RandomBytes.of(256 * 1024);
    try (var udp = UdpServer.echo();
        var tcp = TestServer.echo();
        var tunnel = tunnel(udp.address(), tcp.address());
        var flood = new Flood(tunnel.outside(), length);
        Socket keyboard = tunnel.visit(WEB);
        Socket upload = tunnel.visit(WEB)) {
      flood.start();
      Thread writer =
          Threads.start(
              "upload",
              () -> {
                try {
                  upload.getOutputStream().write(bulk);
                } catch (IOException e) {
                  // The test fails with what is missing.
                }
              });
      for (int i = 0; i < 5; i++) {
        keyboard.getOutputStream().write(i);
        assertThat(keyboard.getInputStream().read()).isEqualTo(i);
      }
      assertThat(upload.getInputStream().readNBytes(bulk.length)).isEqualTo(bulk);
      writer.join();
    }
  }
}
