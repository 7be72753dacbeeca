package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.PortRange;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.ServiceRegistry;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The steps of registrations that request the same port, with a real listener. */
@ExtendWith(LeakCheck.class)
class RegistrationTest {

  private static final HostPort ANY = HostPort.parse("127.0.0.1:0");

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final TcpFronts visitors =
      new TcpFronts(
          new RolePair.Options()::remoteSettings,
          new CurrentNetworks(new RolePair.Options().remoteSettings()),
          new Bandwidths(),
          new BufferPool(),
          deadlines,
          new Counters(),
          log.log());

  @AfterEach
  void close() {
    visitors.close();
    deadlines.close();
    log.close();
  }

  private static Registration registration(RegistryTables tables, String name, int port) {
    var session = new FakeSession(name, name);
    assertThat(tables.roster().admit(session).refusal()).isEmpty();
    return new Registration(session, List.of(offer(port)), false, answer -> {});
  }

  private static Offer offer(int port) {
    return Offer.atPort("web", port);
  }

  /** Its listener is still open, so that a bind would fail with "port already in use". */
  @Test
  void portOfADeclinedRegistrationIsFreeOnlyAfterItsListenerIsClosed() throws Exception {
    Runnable retry = () -> {};
    PortListener listener = PortListener.bind(ANY, visitors, new BufferPool());
    int port = listener.address().port();
    var ports = new PortTable(Optional.of(PortRange.parse("127.0.0.1:" + port + "-" + port)));
    var tables = new RegistryTables(new Roster(20, false), new ServiceTable(List.of()), ports);
    Registration first = registration(tables, "laptop", port);
    Registration second = registration(tables, "desktop", port);
    var bind = new RegistrationStep.Bind(offer(port), port);
    assertThat(first.next(tables, retry)).isEqualTo(bind);
    first.addListener(offer(port), listener);
    assertThat(first.giveUp(tables)).containsExactly(listener);
    assertThat(second.next(tables, retry)).isEqualTo(new RegistrationStep.Wait());
    listener.close();
    assertThat(ports.free(listener)).containsExactly(retry);
    assertThat(second.next(tables, retry)).isEqualTo(bind);
  }

  @Test
  void registrationsThatWaitForAPortAreLimited() throws Exception {
    PortListener listener = PortListener.bind(ANY, visitors, new BufferPool());
    int port = listener.address().port();
    var ports = new PortTable(Optional.of(PortRange.parse("127.0.0.1:" + port + "-" + port)));
    var tables = new RegistryTables(new Roster(20, false), new ServiceTable(List.of()), ports);
    ports.beginClosing(listener);
    Registration waiting = registration(tables, "laptop", port);
    for (int i = 0; i < PortTable.MAX_WAITING; i++) {
      assertThat(waiting.next(tables, () -> {})).isEqualTo(new RegistrationStep.Wait());
    }
    assertThat(waiting.next(tables, () -> {})).isEqualTo(Contests.portInUse(offer(port)));
    listener.close();
    assertThat(ports.free(listener)).hasSize(PortTable.MAX_WAITING);
  }

  /** An origin proxy ends with a settings error for a permanent reason only. */
  @Test
  void portRequestedWhileTheRemoteProxyStopsIsDeclinedForNow() {
    var ports = new PortTable(Optional.of(PortRange.parse("127.0.0.1:5000-5001")));
    var tables = new RegistryTables(new Roster(20, false), new ServiceTable(List.of()), ports);
    Registration late = registration(tables, "laptop", 5000);
    ports.close();
    assertThat(late.next(tables, () -> {}))
        .isEqualTo(
            new RegistrationStep.Decline(
                offer(5000), DeclinedReason.IN_USE, "the remote proxy is stopping"));
  }

  @ParameterizedTest
  @MethodSource
  void onlyAPortThatCannotBeBoundByItsSettingsIsDeclinedForGood(
      Throwable cause, String why, DeclinedReason reason) {
    var answers = new ArrayList<ServiceRegistry.Answer>();
    var ports = new PortTable(Optional.of(PortRange.parse("127.0.0.1:5000-5001")));
    var tables = new RegistryTables(new Roster(20, false), new ServiceTable(List.of()), ports);
    var counters = new Counters();
    var registry =
        new Registry(
            tables,
            port -> {
              throw new IOException("cannot listen", cause);
            },
            deadlines,
            counters,
            new SessionLog(Duration.ofHours(1), counters, log.log()));
    var session = new FakeSession("laptop", "1");
    assertThat(registry.admit(session, () -> {})).isEmpty();
    registry.register(session, List.of(offer(5000)), false, answers::add);
    assertThat(answers)
        .containsExactly(new ServiceRegistry.Answer.Declined(offer(5000), reason, why));
  }

  static Stream<Arguments> onlyAPortThatCannotBeBoundByItsSettingsIsDeclinedForGood() {
    String unknown = "failed to bind to port";
    return Stream.of(
        Arguments.of(
            new BindException("Address already in use"),
            PortListener.IN_USE,
            DeclinedReason.IN_USE),
        Arguments.of(new SocketException("Too many open files"), unknown, DeclinedReason.IN_USE),
        Arguments.of(
            new BindException("Permission denied"), "permission denied", DeclinedReason.SETTINGS),
        Arguments.of(
            new BindException("Cannot assign requested address"),
            unknown,
            DeclinedReason.SETTINGS));
  }
}
