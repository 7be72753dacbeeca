package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Settings of an origin proxy that change while it connects. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OriginReloadTest {

  private static final HostPort SERVER = new HostPort("127.0.0.1", 1);
  private static final int RELOADS = 200;

  private final TestLog log = new TestLog();
  private final Queue<String> logins = new ConcurrentLinkedQueue<>();

  /** Records where it logs in and with which settings, then fails. */
  private final class Recorder implements OriginDialect {
    private final OriginSettings settings;

    Recorder(OriginSettings settings) {
      this.settings = settings;
    }

    @Override
    public OriginSession login(Connection connection) throws IOException {
      logins.add(
          settings.remotes().getFirst().address().dialled().port()
              + " "
              + connection.peer().getPort());
      throw new IOException("no login");
    }

    @Override
    public OriginDialect with(OriginSettings changed) {
      return new Recorder(changed);
    }
  }

  private static OriginSettings settings(HostPort remote) {
    return new RolePair.Options()
        .retryingWithin(Duration.ofMillis(20))
        .originSettings(SERVER, new RemoteAddress.Direct(remote));
  }

  /** The new secret was sent to the old address, and its refusal ended the process. */
  @Test
  void attemptUsesTheSettingsOfOneMoment() throws Exception {
    try (var one = TestServer.echo();
        var other = TestServer.echo()) {
      OriginSettings first = settings(one.address());
      var proxy =
          new OriginProxy(
              first,
              (dialer, role) -> Dialects.sharing(new Recorder(first)),
              (service, address, remote) -> {},
              log.log());
      var end = new CompletableFuture<OriginProxy.End>();
      Threads.start("origin proxy", () -> end.complete(proxy.run()));
      for (int i = 0; i < RELOADS; i++) {
        proxy.reload(settings(i % 2 == 0 ? other.address() : one.address()));
        proxy.tryNow();
        int wanted = i / 10;
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(logins).hasSizeGreaterThanOrEqualTo(wanted));
      }
      proxy.close();
      assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(OriginProxy.End.CLOSED);
    }
    log.close();
    assertThat(logins)
        .hasSizeGreaterThan(1)
        .allSatisfy(login -> assertThat(login.split(" ")[0]).isEqualTo(login.split(" ")[1]));
  }
}
