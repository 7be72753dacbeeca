package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ConnectionLimits;
import culvert.observe.Counter;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A rejected origin proxy receives the reason, even if it offers its services at once. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RefusedLoginTest {

  private static final int REFUSALS = 5;

  @RepeatedTest(10)
  void originProxyRejectedForTheSessionLimitKeepsRetrying() throws Exception {
    var full = new RolePair.Options().admission(new ConnectionLimits(100, 1, 100, 100));
    var waiting = new RolePair.Options().name("desktop").retrying();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), full);
        var other = new RolePair(server.address(), waiting, tunnel.remote().controlAddress())) {
      other.join();
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            other.origin().tryNow();
            assertThat(tunnel.remote().counters().get(Counter.SESSIONS_OVER_LIMIT))
                .isGreaterThanOrEqualTo(REFUSALS);
          });
      other.awaitLog("all 1 sessions are in use");
      assertThat(other.log()).doesNotContain("service declined");
    }
  }
}
