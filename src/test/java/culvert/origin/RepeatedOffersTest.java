package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ServiceType;
import culvert.protocol.DeclinedReason;
import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Offers of a session whose remote proxy is played by the test. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RepeatedOffersTest {

  private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  /** Records the offers. */
  private static final class Session implements OriginSession {
    private final Queue<OfferedService> offers = new ConcurrentLinkedQueue<>();

    @Override
    public void offer(OfferedService service) {
      offers.add(service);
    }

    @Override
    public void serve(
        List<OfferedService> services,
        Listener listener,
        IncomingStream.Handler streams,
        FlowAcceptor flows) {
      throw new AssertionError("not used");
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }

  private final Session session = new Session();
  private final ScriptedRole role = new ScriptedRole();
  private final SessionServices services = role.services(session);

  @BeforeEach
  void serveOne() {
    role.want(addresses("web"));
    services.login();
    services.served("web");
    role.wanted().recordServing();
    assertThat(services.isLoginComplete()).isTrue();
  }

  @AfterEach
  void close() {
    services.end();
    role.close();
  }

  private void want(String... names) {
    role.want(addresses(names));
    services.update();
  }

  private static String[] addresses(String... names) {
    return Stream.of(names).map(name -> name + "=127.0.0.1:2").toArray(String[]::new);
  }

  private void decline(OfferedService service, DeclinedReason reason) {
    assertThat(services.declined(Offer.of(service.name()), List.of(service), reason, "declined"))
        .isTrue();
    services.update();
  }

  private static OfferedService tcp(String name) {
    return new OfferedService(name, ServiceType.TCP);
  }

  /** Each offer and its answer are frames without payload, whose number a link limits. */
  @Test
  void repeatedOffersOfManyDeclinedServicesAreLimited() throws Exception {
    var names = new ArrayList<>(List.of("web"));
    IntStream.range(0, 600).mapToObj(i -> "s" + i).forEach(names::add);
    want(names.toArray(String[]::new));
    long start = System.nanoTime();
    int answered = 0;
    while (answered < 1000) {
      Eventually.within(RolePair.LIMIT, () -> assertThat(session.offers).isNotEmpty());
      decline(session.offers.remove(), DeclinedReason.SETTINGS);
      answered++;
    }
    long pauses = (System.nanoTime() - start) / PAUSE_NANOS;
    assertThat(answered - 600L).isLessThanOrEqualTo(128 * (pauses + 1));
  }

  @Test
  void serviceThatIsNotPermittedIsOfferedOnceItIsPermitted() {
    want("web", "ssh");
    assertThat(session.offers).containsExactly(tcp("ssh"));
    decline(session.offers.remove(), DeclinedReason.NOT_PERMITTED);
    assertThat(session.offers).isEmpty();
    services.permitted("ssh");
    services.update();
    assertThat(session.offers).containsExactly(tcp("ssh"));
  }

  @Test
  void permissionBeforeAnOlderRefusalIsNotLost() {
    want("web", "ssh");
    services.permitted("ssh");
    decline(session.offers.remove(), DeclinedReason.NOT_PERMITTED);
    assertThat(session.offers).containsExactly(tcp("ssh"));
  }

  @Test
  void revokedServiceIsOfferedOnceItIsPermitted() {
    services.revoked("web", "not permitted any more");
    services.update();
    assertThat(session.offers).isEmpty();
    services.permitted("web");
    services.update();
    assertThat(session.offers).containsExactly(tcp("web"));
  }

  @Test
  void permissionOfAServiceThatIsServedChangesNothing() {
    services.permitted("web");
    services.update();
    assertThat(session.offers).isEmpty();
  }
}
