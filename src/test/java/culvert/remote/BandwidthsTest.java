package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.Secret;
import culvert.config.ServiceRules;
import culvert.net.BandwidthLimits;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.TestLog;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which visitors share a bandwidth, and how long. */
@ExtendWith(LeakCheck.class)
class BandwidthsTest {

  private static final Secret SECRET = Secret.of(Secret.generate());
  private static final SourcePrefix SOURCE = SourcePrefix.of(InetAddress.getLoopbackAddress());
  private static final HostPort ANY = HostPort.parse("127.0.0.1:0");
  private static final int LARGE = 65_507;

  private final RolePair.Options options = new RolePair.Options();
  private final Bandwidths bandwidths = new Bandwidths();

  private static ClientSettings client(String name, String bandwidth) {
    var secret = Secret.of(Secret.generate());
    return new ClientSettings(
        name, secret, List.of("*"), List.of(), Optional.of(ByteCount.parse(bandwidth)));
  }

  private void setClients(ClientSettings... clients) {
    bandwidths.set(options.clients(clients).remoteSettings());
  }

  private void setServices(List<String> names, String... rates) {
    options.rules(
        new ServiceRules(
            NetworkRules.NONE, PerService.none(), Rules.bandwidths(rates), PerService.none()));
    bandwidths.set(
        options.remoteSettings(
            Optional.of(ANY), names.stream().map(name -> name + "=" + ANY).toArray(String[]::new)));
  }

  private BandwidthLimits limits(BucketPair shared) {
    return bandwidths.limits(shared, new FakeSession("a"), SOURCE);
  }

  private BandwidthLimits ofClient(String client, String origin) {
    return bandwidths.limits(
        new BucketPair(), FakeSession.ofClient(client, SECRET, origin, origin), SOURCE);
  }

  /** Uses the bandwidth of a visitor up; returns whether there was any. */
  private static boolean use(BandwidthLimits limits) {
    return limits.forward().tryTakeDatagram(LARGE, true);
  }

  @Test
  void sessionsOfOneClientShareItsBandwidth() {
    setClients(client("vienna", "1K"), client("lisbon", "1K"));
    assertThat(use(ofClient("vienna", "laptop"))).isTrue();
    assertThat(use(ofClient("vienna", "desktop"))).isFalse();
    assertThat(use(ofClient("lisbon", "laptop"))).isTrue();
  }

  @Test
  void sessionOfNoClientHasNoLimitButThatOfTheService() {
    setClients(client("vienna", "1K"));
    BandwidthLimits limits = limits(new BucketPair());
    assertThat(use(limits)).isTrue();
    assertThat(use(limits)).isTrue();
  }

  /** Connected visitors have the buckets of before. */
  @Test
  void changedRateOfAClientIsForConnectedVisitors() {
    setClients(client("vienna", "1K"));
    BandwidthLimits before = ofClient("vienna", "laptop");
    assertThat(use(before)).isTrue();
    assertThat(use(before)).as("after the burst").isFalse();
    setClients(new ClientSettings("vienna", SECRET, List.of("*"), List.of()));
    assertThat(use(before)).isTrue();
    assertThat(use(before)).isTrue();
  }

  /** The buckets were made anew for the next visitor after the last one before. */
  @Test
  void visitorsThatFollowOneAnotherShareTheBandwidthOfTheService() {
    setServices(List.of("web", "ssh"), "1K");
    assertThat(use(limits(bandwidths.service("web")))).isTrue();
    assertThat(use(limits(bandwidths.service("web")))).isFalse();
    assertThat(use(limits(bandwidths.service("ssh")))).as("another service").isTrue();
  }

  @Test
  void changedRateOfAServiceIsForConnectedVisitors() {
    setServices(List.of("web"), "web=1K");
    BandwidthLimits before = limits(bandwidths.service("web"));
    assertThat(use(before)).isTrue();
    setServices(List.of("web"));
    assertThat(use(before)).isTrue();
    setServices(List.of("web"), "1K");
    assertThat(use(before)).isTrue();
    assertThat(use(before)).isFalse();
  }

  @Test
  void visitorsOfARemovedServiceKeepTheirRate() {
    setServices(List.of("web"), "web=1K");
    BandwidthLimits before = limits(bandwidths.service("web"));
    setServices(List.of("ssh"));
    assertThat(use(before)).isTrue();
    assertThat(use(before)).isFalse();
  }

  /** A download could not be slowed down any more after an edit in two steps. */
  @Test
  void visitorsOfARemovedServiceHaveItsRateWhenItReturns() throws Exception {
    setServices(List.of("web", "ssh"));
    BandwidthLimits before = limits(bandwidths.service("web"));
    assertThat(use(before)).isTrue();
    setServices(List.of("ssh"));
    setServices(List.of("ssh"));
    setServices(List.of("web", "ssh"), "web=1K");
    assertThat(use(before)).isTrue();
    assertThat(use(before)).isFalse();
    assertThat(use(limits(bandwidths.service("web")))).as("one rate for both").isFalse();
  }

  @Test
  void visitorsOfARemovedClientHaveItsRateWhenItReturns() {
    setClients(client("vienna", "1G"));
    BandwidthLimits before = ofClient("vienna", "laptop");
    setClients();
    setClients(client("vienna", "1K"));
    assertThat(use(before)).isTrue();
    assertThat(use(before)).isFalse();
    assertThat(use(ofClient("vienna", "laptop"))).isFalse();
  }

  /** A settings file that is generated may have other names each time. */
  @Test
  void removedServicesWithoutVisitorsAreForgotten() throws Exception {
    setServices(List.of("stays", "leaves"));
    BandwidthLimits used = limits(bandwidths.service("stays"));
    setServices(List.of("web"));
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          System.gc();
          setServices(List.of("web"));
          assertThat(bandwidths.removedServices()).isOne();
        });
    assertThat(use(used)).isTrue();
  }

  @Test
  void portOnRequestHasTheRateOfAllServicesByItselfWhileItIsOpen() throws Exception {
    setServices(List.of("web"), "1K");
    BucketPair port = bandwidths.openPort();
    BucketPair other = bandwidths.openPort();
    assertThat(use(limits(port))).isTrue();
    assertThat(use(limits(port))).isFalse();
    assertThat(use(limits(other))).isTrue();
    bandwidths.closePort(port);
    setServices(List.of("web"), "1G");
    assertThat(use(limits(other))).isTrue();
    assertThat(use(limits(port))).as("closed before").isFalse();
  }

  @Test
  void portListenerKeepsItsBandwidthUntilItIsClosed() throws Exception {
    setServices(List.of("web"), "1K");
    var log = new TestLog();
    var deadlines = new Deadlines();
    var pool = new BufferPool();
    var visitors =
        new TcpFronts(
            options::remoteSettings,
            new CurrentNetworks(options.remoteSettings()),
            bandwidths,
            pool,
            deadlines,
            new Counters(),
            log.log());
    PortListener listener = PortListener.bind(ANY, visitors, pool);
    assertThat(bandwidths.openPorts()).isOne();
    listener.close();
    assertThat(bandwidths.openPorts()).isZero();
    visitors.close();
    deadlines.close();
    log.close();
  }
}
