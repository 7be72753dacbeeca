package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.DatagramLoop;
import culvert.net.Flow;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.UdpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Flows of the origin side that the test opens in place of a link. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class FlowHandlerTest {

  private static final int MAX = 10;

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final BufferPool pool = new BufferPool();
  private final List<Throwable> bugs = new CopyOnWriteArrayList<>();
  private final DatagramLoop loop = new DatagramLoop("udp", bugs::add);

  @AfterEach
  void close() {
    log.close();
    assertThat(bugs).isEmpty();
    assertThat(pool.budget().held()).isZero();
  }

  /** The link's side of a flow. */
  private static final class LinkFlow implements Flow {
    final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    final CompletableFuture<CloseCause> end = new CompletableFuture<>();

    @Override
    public int send(ByteBuffer datagram) {
      byte[] bytes = new byte[datagram.remaining()];
      datagram.get(bytes);
      answer.complete(bytes);
      return 0;
    }

    @Override
    public void close(CloseCause cause) {
      end.complete(cause);
    }
  }

  private FlowHandler handler(RolePair.Options options, HostPort server) {
    OriginSettings settings =
        options.originSettings(server, new RemoteAddress.Direct(new HostPort("127.0.0.1", 1)));
    return new FlowHandler(() -> settings, pool, counters, log.log(), loop);
  }

  private static Visitor visitor(int port) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return new Visitor("default", address, address);
  }

  private static void send(Flow.Receiver flow, int value) {
    flow.received(ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  /** More flows arrive than the loop can open sockets for. */
  @Test
  void replacedFlowsDoNotWaitForTheirSocket() throws Exception {
    var released = new CountDownLatch(1);
    try (var server = UdpServer.echo();
        var handler = handler(new RolePair.Options().udp().maxFlows(MAX), server.address())) {
      loop.execute(() -> await(released));
      LinkFlow last = null;
      for (int port = 1; port <= 1000; port++) {
        last = new LinkFlow();
        send(handler.opened(visitor(port), last), port);
      }
      assertThat(handler.count()).isEqualTo(MAX);
      // The task that waits may not have begun.
      assertThat(loop.waitingTasks()).isLessThanOrEqualTo(MAX + 1);
      assertThat(counters.get(Counter.FLOWS_EVICTED)).isEqualTo(1000 - MAX);
      released.countDown();
      assertThat(last.answer.get(30, TimeUnit.SECONDS)).containsExactly((byte) 1000);
    }
  }

  @Test
  void flowOfATcpServiceIsClosed() throws Exception {
    try (var server = UdpServer.echo();
        var handler = handler(new RolePair.Options(), server.address())) {
      var flow = new LinkFlow();
      send(handler.opened(visitor(1), flow), 1);
      assertThat(flow.end).isCompletedWithValue(CloseCause.RESET);
      assertThat(handler.count()).isZero();
      assertThat(loop.waitingTasks()).isZero();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The limit of flows is of interest once there are any; the role had no UDP service before. */
  @Test
  void limitIsLoggedWithTheFirstUdpServiceOfAReload() throws Exception {
    try (var server = UdpServer.echo()) {
      var remote = new RemoteAddress.Direct(new HostPort("127.0.0.1", 1));
      var current = new AtomicReference<>(options().originSettings(server.address(), remote));
      try (var handler = new FlowHandler(current::get, pool, counters, log.log(), loop)) {
        current.set(options().udp().originSettings(server.address(), remote));
        handler.servicesChanged();
        log.await("limits set", "max-flows=");
        var flow = new LinkFlow();
        send(handler.opened(visitor(1), flow), 1);
        assertThat(flow.answer.get(30, TimeUnit.SECONDS)).containsExactly((byte) 1);
      }
    }
  }

  private static RolePair.Options options() {
    return new RolePair.Options();
  }
}
