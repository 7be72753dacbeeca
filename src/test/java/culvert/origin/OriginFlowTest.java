package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.RemoteAddress;
import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.MemoryBudget;
import culvert.net.ResolvedServer;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.session.FlowReport;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.UdpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The datagrams of a flow before and after its socket is open. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OriginFlowTest {

  private static final int BUDGET_BYTES = 64 * 1024;
  private static final InetSocketAddress VISITOR =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

  /** Ends without sending anything. */
  private static final Flow CARRIER =
      new Flow() {
        @Override
        public int send(ByteBuffer datagram) {
          return 0;
        }

        @Override
        public void close(CloseCause cause) {}
      };

  private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
  private final BufferPool pool = new BufferPool(new MemoryBudget(BUDGET_BYTES));
  private final Counters counters = new Counters();
  private final TestLog log = new TestLog();
  private UdpServer server;
  private FlowHandler handler;
  private OriginFlow flow;

  @BeforeEach
  void open() throws Exception {
    server =
        new UdpServer((source, datagram) -> {
          received.add((int) datagram[0]);
          return null;
        });
    HostPort address = server.address();
    var settings =
        new RolePair.Options()
            .udp()
            .originSettings(address, new RemoteAddress.Direct(new HostPort("127.0.0.1", 1)));
    handler = new FlowHandler(() -> settings, pool, counters, log.log());
    var places = new FlowPlaces<OriginFlow>(8).share();
    var resolved = new ResolvedServer(address, RolePair.LIMIT);
    var of = new FlowHandler.Server(address, RolePair.LIMIT, resolved, places);
    flow = new OriginFlow(new Visitor("dns", VISITOR, VISITOR), CARRIER, of, handler, new byte[0]);
  }

  @AfterEach
  void close() {
    flow.end(FlowReport.Reason.STOPPED);
    handler.close();
    server.close();
    log.close();
  }

  private void send(int first, int bytes) {
    flow.received(ByteBuffer.allocate(bytes).put(0, (byte) first));
  }

  private int next() throws InterruptedException {
    return received.poll(30, TimeUnit.SECONDS);
  }

  @Test
  void sixteenDatagramsWaitForTheSocketInTheirOrder() throws Exception {
    for (int i = 0; i < 20; i++) {
      send(i, 1);
    }
    assertThat(counters.get(Counter.DATAGRAMS_DROPPED)).isEqualTo(4);
    flow.connect(new InetSocketAddress(server.address().host(), server.address().port()));
    send(99, 1);
    for (int i = 0; i < 16; i++) {
      assertThat(next()).isEqualTo(i);
    }
    assertThat(next()).isEqualTo(99);
    assertThat(pool.budget().held()).isZero();
  }

  @Test
  void noDatagramWaitsWhileHalfOfTheBudgetIsInUse() {
    send(1, BUDGET_BYTES / 2 + 1);
    assertThat(counters.get(Counter.DATAGRAMS_DROPPED)).isZero();
    send(2, 1);
    assertThat(counters.get(Counter.DATAGRAMS_DROPPED)).isEqualTo(1);
    flow.end(FlowReport.Reason.STOPPED);
    assertThat(pool.budget().held()).isZero();
  }
}
