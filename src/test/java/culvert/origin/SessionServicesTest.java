package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The messages of a session whose services change, with a link that the test blocks. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SessionServicesTest {

  private static final int MANY = 200;

  private final ScriptedRole role = new ScriptedRole();
  private final ScriptedSession session = new ScriptedSession();

  /** Records its messages, each of which blocks the link. */
  private static final class ScriptedSession implements OriginSession {
    private final List<String> withdrawn = new CopyOnWriteArrayList<>();
    private final List<String> reported = new CopyOnWriteArrayList<>();
    private volatile boolean isBlocked;

    @Override
    public void serve(
        List<OfferedService> services,
        Listener listener,
        IncomingStream.Handler streams,
        FlowAcceptor flows) {}

    @Override
    public void offer(OfferedService service) {
      isBlocked = true;
    }

    @Override
    public boolean hasUnsentMessages() {
      return isBlocked;
    }

    @Override
    public void withdraw(String service) {
      withdrawn.add(service);
      isBlocked = true;
    }

    @Override
    public boolean canReportHealth() {
      return true;
    }

    @Override
    public void reportHealth(String service, boolean isHealthy) {
      reported.add(service + (isHealthy ? " healthy" : " unhealthy"));
      isBlocked = true;
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }

  @AfterEach
  void close() {
    role.close();
  }

  /** Sets the services of the settings: this number of them. */
  private void want(int count) {
    role.want(
        IntStream.range(0, count).mapToObj(i -> "s" + i + "=127.0.0.1:1").toArray(String[]::new));
  }

  /** The queue of a link is limited, and its overflow ends the link with all visitors. */
  @Test
  void servicesAreWithdrawnOnlyWhileTheLinkSendsMessages() throws Exception {
    want(MANY);
    SessionServices services = served();
    want(1);
    session.isBlocked = true;
    services.update();
    assertThat(session.withdrawn).isEmpty();
    session.isBlocked = false;
    Eventually.within(RolePair.LIMIT, () -> assertThat(session.withdrawn).isNotEmpty());
    assertThat(session.withdrawn).hasSizeLessThanOrEqualTo(64);
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          session.isBlocked = false;
          assertThat(session.withdrawn).hasSize(MANY - 1);
        });
    services.end();
  }

  private SessionServices served() {
    SessionServices services = role.services(session);
    services.login().forEach(service -> services.served(service.name()));
    assertThat(services.isLoginComplete()).isTrue();
    return services;
  }

  /** One server can be behind all services. */
  @Test
  void healthIsReportedOnlyWhileTheLinkSendsMessages() throws Exception {
    want(MANY);
    SessionServices services = served();
    assertThat(session.reported).isEmpty();
    role.setHealthy(false);
    session.isBlocked = true;
    healthChanged(services, MANY);
    assertThat(session.reported).isEmpty();
    session.isBlocked = false;
    Eventually.within(RolePair.LIMIT, () -> assertThat(session.reported).isNotEmpty());
    assertThat(session.reported).hasSizeLessThanOrEqualTo(64);
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          session.isBlocked = false;
          assertThat(session.reported).hasSize(MANY).doesNotHaveDuplicates();
        });
    services.end();
  }

  private static void healthChanged(SessionServices services, int count) {
    IntStream.range(0, count).forEach(i -> services.healthChanged("s" + i));
  }

  /** A host with many services goes down, and a reload removes some of them. */
  @Test
  void reportsOfHealthDoNotDelayWithdrawals() throws Exception {
    want(MANY);
    SessionServices services = served();
    role.setHealthy(false);
    healthChanged(services, MANY);
    assertThat(session.reported).hasSize(64);
    want(MANY - 1);
    services.update();
    assertThat(session.withdrawn).as("without a pause").containsExactly("s199");
    want(1);
    services.update();
    assertThat(session.withdrawn).hasSize(64);
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          session.isBlocked = false;
          assertThat(session.withdrawn).hasSize(MANY - 1);
        });
    assertThat(session.reported).as("a removed service needs no report").hasSize(64);
    services.end();
  }

  /** A reload adds a service, and a server whose health is another one. */
  @Test
  void offersOfTheSameReloadDoNotDelayAReportOfHealth() {
    want(1);
    SessionServices services = served();
    want(2);
    services.update();
    assertThat(session.isBlocked).as("by the offer").isTrue();
    role.setHealthy(false);
    services.healthChanged("s0");
    assertThat(session.reported).containsExactly("s0 unhealthy");
    services.end();
  }

  @Test
  void offersThatFollowUnsentMessagesDoNotPermitReports() {
    want(1);
    SessionServices services = served();
    session.isBlocked = true;
    want(2);
    services.update();
    role.setHealthy(false);
    services.healthChanged("s0");
    assertThat(session.reported).isEmpty();
    services.end();
  }

  @Test
  void healthThatHasReturnedBeforeItsReportIsNotReported() {
    want(1);
    SessionServices services = served();
    session.isBlocked = true;
    role.setHealthy(false);
    services.healthChanged("s0");
    role.setHealthy(true);
    services.healthChanged("s0");
    session.isBlocked = false;
    services.healthChanged("s0");
    assertThat(session.reported).isEmpty();
    role.setHealthy(false);
    services.healthChanged("s0");
    services.healthChanged("s0");
    assertThat(session.reported).containsExactly("s0 unhealthy");
    services.end();
  }

  /** The remote proxy assumes that a service is healthy when it begins to serve it. */
  @Test
  void unhealthyServiceIsReportedWhenItIsServed() {
    want(1);
    role.setHealthy(false);
    SessionServices services = served();
    assertThat(session.reported).containsExactly("s0 unhealthy");
    services.end();
  }
}
