package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.PortRange;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.session.Offer;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The steps of registrations that request the same port, with a real listener. */
@ExtendWith(LeakCheck.class)
class RegistrationTest {

  private static final HostPort ANY = HostPort.parse("127.0.0.1:0");

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private final VisitorHandler visitors =
      new VisitorHandler(
          new RolePair.Options().remoteSettings(),
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
}
