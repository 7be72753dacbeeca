package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreClientSettings;
import culvert.config.OriginSettings;
import culvert.config.ServiceType;
import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.ForwardingConnection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import culvert.session.RoleResources;
import culvert.session.SessionEndedException;
import culvert.setting.SettingNames;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client whose process is suspended for a while, as by a debugger or a hypervisor. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class SuspendTest {

  private static final Duration SILENCE = Duration.ofSeconds(1);

  /** Blocks reads after the first until the process has resumed. */
  private static final class SuspendedConnection extends ForwardingConnection {
    private final CountDownLatch resumed;
    private boolean read;

    SuspendedConnection(Connection connection, CountDownLatch resumed) {
      super(connection);
      this.resumed = resumed;
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) throws IOException {
          if (read) {
            awaitResumed();
          }
          read = true;
          return SuspendedConnection.super.input().read(target);
        }
      };
    }

    private void awaitResumed() throws IOException {
      try {
        resumed.await();
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }
  }

  private static void send(Loopback pair, String json) throws IOException {
    pair.far().output().write((json + "\0").getBytes(StandardCharsets.UTF_8));
    pair.far().output().flush();
  }

  private static final OriginSession.Listener NOBODY =
      new OriginSession.Listener() {
        @Override
        public void served(String service, List<HostPort> addresses) {}

        @Override
        public void shared(String service, int others, List<String> names) {}

        @Override
        public void declined(
            Offer offer, List<OfferedService> together, DeclinedReason reason, String why) {}

        @Override
        public void revoked(String service, String why) {}

        @Override
        public void permitted(String service) {}

        @Override
        public void unsupported(String service, String why) {}

        @Override
        public void draining() {}
      };

  /**
   * The server was not silent: its messages have arrived, but the check runs before they are read.
   */
  @Test
  void suspendedClientReadsPendingMessagesBeforeServerTimesOut() throws Exception {
    var resumed = new CountDownLatch(1);
    try (var pair = Loopback.open();
        var deadlines = new Deadlines();
        var log =
            new Log(
                Log.Level.DEBUG,
                Log.Format.TEXT,
                "test",
                new PrintStream(OutputStream.nullOutputStream()),
                Clock.systemUTC(),
                Threads.factory("log"),
                SettingNames.FLAGS)) {
      HostPort anywhere = HostPort.of(pair.near().peer());
      OriginSettings settings =
          Client.settings(anywhere, anywhere, new Client.Options().heartbeatTimeout(SILENCE));
      var pool = new BufferPool();
      var dialect =
          new BoreOriginDialect(
              settings,
              () -> new BoreClientSettings(0, Optional.empty()),
              new Dialer(pool),
              new RoleResources(pool, deadlines, new Counters()),
              log);
      send(pair, "{\"Hello\":4711}");
      var session = dialect.login(new SuspendedConnection(pair.near(), resumed));
      send(pair, "\"Heartbeat\"");
      pair.far().closeOutput();
      deadlines.after(Duration.ZERO, () -> LockSupport.parkNanos(2 * SILENCE.toNanos()));
      // Due during the suspension as well, and after the first check.
      deadlines.after(SILENCE, resumed::countDown);
      assertThatThrownBy(() ->
              session.serve(
                  List.of(new OfferedService("bore", ServiceType.TCP)),
                  NOBODY,
                  stream -> {},
                  (visitor, flow) -> {
                    throw new AssertionError("bore has no flows");
                  }))
          .isInstanceOf(SessionEndedException.class);
    }
  }
}
