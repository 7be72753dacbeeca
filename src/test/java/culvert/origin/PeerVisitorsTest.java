package culvert.origin;

import static culvert.observe.LogEvent.event;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.ReservedPlaces;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.StreamRefusedReason;
import culvert.session.IncomingStream;
import culvert.session.Visitor;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Visitors of two remote proxies that share four places. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class PeerVisitorsTest {

  /** A stream that is handled until its connection ends. */
  private static final class HeldStream implements IncomingStream {
    private final Loopback pair = Loopback.open();
    private final CompletableFuture<StreamRefusedReason> refusal = new CompletableFuture<>();

    HeldStream() throws IOException {}

    @Override
    public Visitor visitor() {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
      return new Visitor("default", address, address);
    }

    @Override
    public Connection connection() {
      return pair.near();
    }

    @Override
    public void accept() {}

    @Override
    public void refuse(StreamRefusedReason reason, String why) {
      refusal.complete(reason);
    }
  }

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final Counters counters = new Counters();
  private final List<HeldStream> streams = new ArrayList<>();
  private final AtomicInteger handled = new AtomicInteger();
  private OriginSettings settings = settings(1, 2);

  private final RoleParts role =
      new RoleParts(
          () -> settings,
          this::handle,
          (visitor, flow) -> {
            throw new AssertionError("there are no flows");
          },
          new ReservedPlaces(4),
          new RemoteClaims(),
          service -> true,
          (service, address, remote) -> {},
          deadlines,
          counters,
          log.log());

  private final PeerVisitors one = visitors(1);
  private final PeerVisitors two = visitors(2);

  private static OriginSettings settings(int... ports) {
    var remotes = new ArrayList<RemoteAddress>();
    for (int port : ports) {
      remotes.add(new RemoteAddress.Direct(new HostPort("127.0.0.1", port)));
    }
    return new RolePair.Options().originSettings(new HostPort("127.0.0.1", 9), remotes);
  }

  private PeerVisitors visitors(int port) {
    var address = new RemoteAddress.Direct(new HostPort("127.0.0.1", port));
    var services = new WantedServices(() -> settings);
    var peer = new RemotePeer(address, () -> null, Optional.empty(), services);
    var visitors = new PeerVisitors(role, peer);
    visitors.start();
    return visitors;
  }

  private void handle(IncomingStream stream) {
    log.log().info(event("handled").withAll(stream.visitor().remoteField()));
    handled.incrementAndGet();
    try {
      stream.connection().input().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // Reset by the test.
    }
  }

  private HeldStream visit(PeerVisitors visitors) throws Exception {
    var stream = new HeldStream();
    streams.add(stream);
    int before = handled.get();
    Threads.start("visitor", () -> visitors.handle(stream));
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(handled.get() > before || stream.refusal.isDone()).isTrue());
    return stream;
  }

  @AfterEach
  void close() {
    one.reset();
    two.reset();
    streams.forEach(stream -> stream.pair.close());
    assertThat(one.awaitEmpty(RolePair.LIMIT) && two.awaitEmpty(RolePair.LIMIT)).isTrue();
    deadlines.close();
    log.close();
  }

  @Test
  void visitorsOfOneRemoteProxyLeavePlacesForTheOther() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(visit(one).refusal).isNotDone();
    }
    assertThat(visit(one).refusal).isCompletedWithValue(StreamRefusedReason.BUSY);
    assertThat(counters.get(Counter.VISITORS_OVER_LIMIT)).isEqualTo(1);
    assertThat(visit(two).refusal).isNotDone();
    assertThat(visit(two).refusal).isCompletedWithValue(StreamRefusedReason.BUSY);
  }

  @Test
  void placesOfARemoteProxyThatHasEndedAreFree() throws Exception {
    visit(two);
    two.reset();
    assertThat(two.awaitEmpty(RolePair.LIMIT)).isTrue();
    for (int i = 0; i < 4; i++) {
      assertThat(visit(one).refusal).isNotDone();
    }
  }

  @Test
  void visitorHasTheNameOfItsRemoteProxyIfThereAreSeveral() throws Exception {
    visit(one);
    log.await("handled", "remote_proxy=127.0.0.1:1");
    settings = settings(1);
    visit(one);
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(log.text().lines().filter(this::isUnnamed)).hasSize(1));
  }

  private boolean isUnnamed(String line) {
    return line.contains("handled") && !line.contains("remote_proxy");
  }

  @Test
  void streamOfARemoteProxyThatHasEndedIsReset() throws Exception {
    two.reset();
    var stream = new HeldStream();
    streams.add(stream);
    two.handle(stream);
    assertThat(handled).hasValue(0);
    assertThat(two.awaitEmpty(Duration.ZERO)).isTrue();
    assertThat(stream.refusal).isNotDone();
  }
}
