package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ByteCount;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.net.BandwidthLimit;
import culvert.net.CloseCause;
import culvert.net.DatagramLoop;
import culvert.net.Flow;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.net.UdpListener;
import culvert.net.UdpSocket;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.session.RelayReport;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.UdpClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a visitor's flow begins and ends, and on which session it is. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UdpFrontTest {

  private static final String DNS = "dns";
  private static final Duration LIMIT = Duration.ofHours(1);
  private static final byte[] PING = {'p'};

  /** A flow on a session, which records what the visitor sends. */
  private final class CarriedFlow implements Flow {
    final Visitor visitor;
    final Flow.Receiver receiver;
    final BlockingQueue<Integer> lengths = new LinkedBlockingQueue<>();
    final CompletableFuture<CloseCause> end = new CompletableFuture<>();

    CarriedFlow(Visitor visitor, Flow.Receiver receiver) {
      this.visitor = visitor;
      this.receiver = receiver;
    }

    @Override
    public int send(ByteBuffer datagram) {
      lengths.add(datagram.remaining());
      return isLinkFull ? datagram.remaining() : 0;
    }

    @Override
    public void close(CloseCause cause) {
      end.complete(cause);
    }

    void awaitDatagram() throws InterruptedException {
      assertThat(lengths.poll(30, TimeUnit.SECONDS)).isEqualTo(PING.length);
    }

    void answer() {
      receiver.received(ByteBuffer.wrap(PING));
    }
  }

  private final BlockingQueue<CarriedFlow> carried = new LinkedBlockingQueue<>();

  /** Whether the link drops what the flows send. */
  private volatile boolean isLinkFull;

  private final BucketPair bandwidth = new BucketPair();
  private final Counters counters = new Counters();
  private final TestLog log = new TestLog();
  private final DatagramLoop loop = new DatagramLoop("udp", e -> log.log().bug("bug", e));
  private final FakeSession session = new FakeSession("a", "a");
  private final FakeSession other = new FakeSession("b", "b");
  private final FlowPlaces<VisitorFlow> places = new FlowPlaces<>(8);
  private ServiceTable services;
  private UdpFront front;
  private UdpClient visitor;

  @BeforeEach
  void open() throws Exception {
    UdpListener listener = UdpListener.bind(new HostPort("127.0.0.1", 0), loop);
    var address = new ServiceAddress(DNS, ServiceType.UDP, HostPort.of(listener.address()));
    services = new ServiceTable(List.of(address));
    session.datagrams = this::carry;
    other.datagrams = this::carry;
    var lines = new LimitedLog<SourcePrefix>(log.log(), counters, 1, LIMIT);
    front =
        new UdpFront(
            address,
            listener,
            services,
            new CurrentNetworks(
                new RolePair.Options()
                    .remoteSettings(
                        Optional.of(new HostPort("127.0.0.1", 0)), DNS + "=udp:127.0.0.1:0")),
            new Bandwidths(),
            bandwidth,
            places.share(),
            counters,
            log.log(),
            RelayReport.log(log.log(), counters, LIMIT),
            lines);
    front.start();
    visitor = new UdpClient(address.hostPort());
  }

  @AfterEach
  void close() {
    visitor.close();
    front.close();
    loop.close();
    log.close();
    assertThat(places.used()).isZero();
    assertThat(log.text()).doesNotContain("bug");
  }

  private Flow carry(Visitor visitor, Flow.Receiver receiver) {
    var flow = new CarriedFlow(visitor, receiver);
    carried.add(flow);
    return flow;
  }

  /** Returns the next flow that was opened, once its first datagram was sent. */
  private CarriedFlow opened() throws InterruptedException {
    CarriedFlow flow = carried.poll(30, TimeUnit.SECONDS);
    flow.awaitDatagram();
    return flow;
  }

  /** Sends the first datagram of a flow, and another one after its answer. */
  private CarriedFlow confirmed() throws Exception {
    visitor.send(PING);
    CarriedFlow flow = opened();
    flow.answer();
    visitor.send(PING);
    flow.awaitDatagram();
    return flow;
  }

  /** Returns a time after everything before and before everything after. */
  private static long between() {
    long now = System.nanoTime() + 1;
    long next = now;
    while (next <= now) {
      next = System.nanoTime();
    }
    return now;
  }

  @Test
  void sessionThatFailsWhileItOpensAFlowDoesNotEndTheOneOfTheNextSession() throws Exception {
    session.datagrams =
        (visitor, receiver) -> {
          receiver.ended(CloseCause.LINK_LOST);
          throw new IOException("the link was lost");
        };
    services.add(session, DNS);
    services.add(other, DNS);
    visitor.send(PING);
    CarriedFlow flow = opened();
    assertThat(places.used()).as("flows with a place").isEqualTo(1);
    visitor.send(PING);
    flow.awaitDatagram();
    assertThat(carried).isEmpty();
    assertThat(counters.get(Counter.FLOWS)).isEqualTo(1);
    front.expire(System.nanoTime() + LIMIT.multipliedBy(2).toNanos(), LIMIT);
    assertThat(flow.end).isCompletedWithValue(CloseCause.TIMED_OUT);
  }

  /** Flows with a full queue would use up the bandwidth of those whose datagrams arrive. */
  @Test
  void datagramsThatTheLinkDropsDoNotUseTheBandwidth() throws Exception {
    bandwidth.setRate(Optional.of(ByteCount.parse("1K")));
    isLinkFull = true;
    services.add(session, DNS);
    visitor.send(new byte[1000]);
    CarriedFlow flow = carried.poll(30, TimeUnit.SECONDS);
    for (int i = 0; i < 10; i++) {
      assertThat(flow.lengths.poll(30, TimeUnit.SECONDS)).isEqualTo(1000);
      visitor.send(new byte[1000]);
    }
    assertThat(flow.lengths.poll(30, TimeUnit.SECONDS)).isEqualTo(1000);
    assertThat(counters.get(Counter.DATAGRAMS_DROPPED)).isZero();
  }

  @Test
  void datagramsThatTheSocketDropsDoNotUseTheBandwidth() throws Exception {
    bandwidth.setRate(Optional.of(ByteCount.parse("1K")));
    services.add(session, DNS);
    CarriedFlow flow = confirmed();
    front.close();
    for (int i = 0; i < 10; i++) {
      flow.receiver.received(ByteBuffer.allocate(1000));
    }
    assertThat(counters.get(Counter.DATAGRAMS_DROPPED)).isEqualTo(10);
    SourcePrefix source = SourcePrefix.of(flow.visitor.address().getAddress());
    BandwidthLimit backward = bandwidth.limits(Optional.empty(), source).backward();
    assertThat(backward.tryTakeDatagram(1000, true)).isTrue();
  }

  /** Its address may be forged: the owner of the address would receive them. */
  @Test
  void answersDoNotKeepAnUnconfirmedFlowOpen() throws Exception {
    services.add(session, DNS);
    visitor.send(PING);
    CarriedFlow flow = opened();
    long question = between();
    flow.answer();
    assertThat(visitor.receive()).isEqualTo(PING);
    front.expire(question + LIMIT.toNanos(), LIMIT);
    assertThat(flow.end).isCompletedWithValue(CloseCause.TIMED_OUT);
  }

  @Test
  void answersKeepAConfirmedFlowOpen() throws Exception {
    services.add(session, DNS);
    CarriedFlow flow = confirmed();
    long question = between();
    flow.answer();
    front.expire(question + LIMIT.toNanos(), LIMIT);
    assertThat(flow.end).isNotDone();
    front.expire(between() + LIMIT.toNanos(), LIMIT);
    assertThat(flow.end).isCompletedWithValue(CloseCause.TIMED_OUT);
  }

  @Test
  void flowStaysOnASessionThatDrainsUntilAnotherOneServes() throws Exception {
    services.add(session, DNS);
    CarriedFlow flow = confirmed();
    services.withdrawAll(session);
    visitor.send(PING);
    flow.awaitDatagram();
    services.add(other, DNS);
    visitor.send(PING);
    assertThat(opened()).isNotSameAs(flow);
    assertThat(flow.end).isCompletedWithValue(CloseCause.STOPPED);
  }

  @Test
  void sessionThatDrainsWaitsSecondsForAConfirmedFlow() throws Exception {
    services.add(session, DNS);
    CarriedFlow flow = confirmed();
    services.withdrawAll(session);
    long now = between();
    front.expire(now + TimeUnit.SECONDS.toNanos(4), LIMIT);
    assertThat(flow.end).isNotDone();
    front.expire(now + TimeUnit.SECONDS.toNanos(5), LIMIT);
    assertThat(flow.end).isCompletedWithValue(CloseCause.TIMED_OUT);
  }

  /** Further datagrams do not delay the drain: a flood could otherwise prolong it. */
  @Test
  void sessionThatDrainsWaitsASecondForAnUnconfirmedFlow() throws Exception {
    services.add(session, DNS);
    long before = between();
    visitor.send(PING);
    CarriedFlow flow = opened();
    long now = between();
    services.withdrawAll(session);
    visitor.send(PING);
    flow.awaitDatagram();
    front.expire(before + TimeUnit.SECONDS.toNanos(1), LIMIT);
    assertThat(flow.end).isNotDone();
    front.expire(now + TimeUnit.SECONDS.toNanos(1), LIMIT);
    assertThat(flow.end).isCompletedWithValue(CloseCause.TIMED_OUT);
  }

  /** A name may have several addresses, and a listener a socket at each of them. */
  @Test
  void addressThatAVisitorReachedIsTheOneOfTheSocketThatReceived() throws Exception {
    services.add(session, DNS);
    var source = new InetSocketAddress("127.0.0.1", 9);
    try (var target = new UdpClient(new HostPort("127.0.0.1", 9));
        var socket =
            UdpSocket.connect(new InetSocketAddress("127.0.0.1", target.port()), loop, front)) {
      front.received(socket, source, ByteBuffer.wrap(PING));
      assertThat(opened().visitor).isEqualTo(new Visitor(DNS, source, socket.local()));
    }
  }
}
