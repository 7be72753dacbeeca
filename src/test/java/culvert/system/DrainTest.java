package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Data in flight when a role starts to drain is delivered. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class DrainTest {

  private static final Duration DRAIN = Duration.ofSeconds(60);
  private static final Duration DELAY = Duration.ofMillis(10);
  private static final int BITS_PER_SECOND = 1_000_000;

  /** At this rate a drain takes longer than any single time limit for a link's last frames. */
  private static final int SLOW_BITS_PER_SECOND = 200_000;

  /**
   * Each fills an initial window; together they fill the congestion window, four seconds of link.
   */
  private static final int TRANSFERS = 30;

  private static final int BYTES = 16 * 1024;

  private static final byte[] PING = {'p'};

  private static List<ByteBuffer> contents(String test) {
    Random random = Seed.random(test);
    var all = new ArrayList<ByteBuffer>();
    for (int i = 0; i < TRANSFERS; i++) {
      byte[] content = new byte[BYTES - random.nextInt(1000)];
      random.nextBytes(content);
      all.add(ByteBuffer.wrap(content));
    }
    return all;
  }

  private static CompletableFuture<Boolean> drain(RolePair tunnel) {
    var all = new CompletableFuture<Boolean>();
    Threads.start("drain", () -> all.complete(tunnel.remote().drain(DRAIN)));
    return all;
  }

  private static void assertDrained(CompletableFuture<Boolean> drain) throws Exception {
    assertThat(drain.get(DRAIN.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void sentUploadsArriveWhenTheRemoteProxyDrains() throws Exception {
    assertUploadsArrive(BITS_PER_SECOND, tunnel -> assertDrained(drain(tunnel)));
  }

  @Test
  @Tag("full")
  void sentUploadsArriveOverASlowLinkWhenTheRemoteProxyDrains() throws Exception {
    assertUploadsArrive(SLOW_BITS_PER_SECOND, tunnel -> assertDrained(drain(tunnel)));
  }

  @Test
  void sentUploadsArriveWhenTheOriginProxyDrains() throws Exception {
    assertUploadsArriveWhenTheOriginProxyDrains(BITS_PER_SECOND);
  }

  @Test
  @Tag("full")
  void sentUploadsArriveOverASlowLinkWhenTheOriginProxyDrains() throws Exception {
    assertUploadsArriveWhenTheOriginProxyDrains(SLOW_BITS_PER_SECOND);
  }

  /** No stream is open, only data is in flight: the drain still waits for it. */
  private static void assertUploadsArriveWhenTheOriginProxyDrains(long rate) throws Exception {
    assertUploadsArrive(
        rate,
        tunnel -> {
          tunnel.origin().drain(DRAIN);
          assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CLOSED);
        });
  }

  private interface Drain {
    void of(RolePair tunnel) throws Exception;
  }

  private static void assertUploadsArrive(long rate, Drain drain) throws Exception {
    List<ByteBuffer> uploads = contents("uploads");
    Queue<Object> came = new ConcurrentLinkedQueue<>();
    try (var server =
            new TestServer(c -> {
              c.shutdownOutput();
              try {
                came.add(ByteBuffer.wrap(c.getInputStream().readAllBytes()));
              } catch (IOException e) {
                came.add(e);
              }
            });
        var tunnel = RolePair.farFrom(server.address(), DELAY, rate)) {
      var visitors = new ArrayList<Socket>();
      for (int i = 0; i < TRANSFERS; i++) {
        visitors.add(tunnel.visit());
      }
      for (Socket visitor : visitors) {
        assertThat(visitor.getInputStream().read()).isEqualTo(-1);
      }
      for (int i = 0; i < TRANSFERS; i++) {
        try (Socket visitor = visitors.get(i)) {
          visitor.getOutputStream().write(uploads.get(i).array());
          visitor.shutdownOutput();
        }
      }
      drain.of(tunnel);
      Eventually.within(RolePair.LIMIT, () -> assertThat(came.size()).isEqualTo(TRANSFERS));
      assertThat(came).containsExactlyInAnyOrderElementsOf(uploads);
    }
  }

  @Test
  void sentDownloadsArriveOverASlowLinkWhenTheOriginProxyDrains() throws Exception {
    List<ByteBuffer> downloads = contents("downloads");
    Queue<ByteBuffer> toSend = new ConcurrentLinkedQueue<>(downloads);
    Queue<ByteBuffer> sent = new ConcurrentLinkedQueue<>();
    try (var server =
            new TestServer(c -> {
              c.getInputStream().readAllBytes();
              ByteBuffer content = toSend.remove();
              c.getOutputStream().write(content.array());
              sent.add(content);
            });
        var tunnel = RolePair.farFrom(server.address(), DELAY, BITS_PER_SECOND)) {
      var visitors = new ArrayList<Socket>();
      for (int i = 0; i < TRANSFERS; i++) {
        Socket visitor = tunnel.visit();
        visitors.add(visitor);
        visitor.shutdownOutput();
      }
      Eventually.within(RolePair.LIMIT, () -> assertThat(sent.size()).isEqualTo(TRANSFERS));
      tunnel.origin().drain(DRAIN);
      var came = new ArrayList<ByteBuffer>();
      for (Socket each : visitors) {
        try (Socket visitor = each) {
          came.add(ByteBuffer.wrap(visitor.getInputStream().readAllBytes()));
        }
      }
      assertThat(came).containsExactlyInAnyOrderElementsOf(downloads);
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CLOSED);
    }
  }

  @Test
  void visitorWithAPendingOriginConnectionIsServedDuringADrain() throws Exception {
    var nobody = new HostPort("127.0.0.1", 1);
    try (var tunnel = new RolePair(nobody, new RolePair.Options().plain());
        var origin = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      origin.logIn("desktop", Handshake.newInstance(), RolePair.SECRET);
      assertThat(origin.offer("default").refusal()).isEmpty();
      try (Socket visitor = tunnel.visit()) {
        assertThat(origin.receive()).isInstanceOf(Message.Open.class);
        CompletableFuture<Boolean> drain = drain(tunnel);
        assertThat(origin.receive()).isEqualTo(new Message.Drain());
        origin.send(1, new Message.Accepted());
        ByteBuffer data = ByteBuffer.allocate(Frame.HEADER_BYTES + 1);
        Frame.write(data, FrameType.DATA, 1, 1);
        origin.send(data.put((byte) 'a').array());
        assertThat(visitor.getInputStream().read()).isEqualTo('a');
        assertThat(drain).isNotDone();
        origin.send(1, new Message.HalfClose());
        assertThat(visitor.getInputStream().read()).isEqualTo(-1);
        visitor.shutdownOutput();
        assertThat(origin.receive()).isEqualTo(new Message.HalfClose());
        assertThat(origin.receive()).isInstanceOf(Message.Bye.class);
        origin.reset();
        assertDrained(drain);
      } finally {
        tunnel.join();
      }
    }
  }

  @Test
  void visitorWithoutAStreamYetIsServedDuringADrain() throws Exception {
    var options = new RolePair.Options().proxyHeaderFromLoopback();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = tunnel.visit()) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(tunnel.remote().visitors()).isEqualTo(1));
      long since = System.nanoTime();
      CompletableFuture<Boolean> drain = drain(tunnel);
      HostPort control = tunnel.remote().controlAddress();
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThatThrownBy(() -> new Socket(control.host(), control.port()).close())
                  .isInstanceOf(ConnectException.class));
      visitor.getOutputStream().write("PROXY UNKNOWN\r\nping".getBytes(StandardCharsets.US_ASCII));
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
      assumeTrue(millis < 500, "a drain waits a second for such visitors");
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("ping");
      assertDrained(drain);
    }
  }

  private static UdpServer recording(BlockingQueue<Integer> ports) throws IOException {
    return new UdpServer((source, datagram) -> {
      ports.add(source.getPort());
      return datagram;
    });
  }

  /** Sends a datagram after an answer, so that the flow is confirmed. */
  private static void confirm(UdpClient visitor) throws IOException {
    visitor.ask(PING);
    visitor.ask(PING);
  }

  @Test
  void flowInUseContinuesWhenTheOriginProxyDrains() throws Exception {
    BlockingQueue<Integer> ports = new LinkedBlockingQueue<>();
    try (var server = recording(ports);
        var tunnel = RolePair.to(server.address(), new RolePair.Options().udp());
        var visitor = new UdpClient(tunnel.outside())) {
      confirm(visitor);
      tunnel.origin().drain(DRAIN);
      tunnel.awaitLog("session drain started");
      visitor.ask(PING);
      assertThat(Set.copyOf(ports)).hasSize(1);
      assertThat(tunnel.remote().counters().get(Counter.FLOWS)).isEqualTo(1);
    }
  }

  @Test
  void remoteProxyThatDrainsWaitsForFlowsInUse() throws Exception {
    var options = new RolePair.Options().udp().flowTimeout(Duration.ofMillis(500)).everyLine();
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var visitor = new UdpClient(tunnel.outside())) {
      confirm(visitor);
      assertDrained(drain(tunnel));
      tunnel.awaitLog("flow ended", "reason=idle");
      assertThat(tunnel.log()).doesNotContain("reason=stopped");
    }
  }
}
