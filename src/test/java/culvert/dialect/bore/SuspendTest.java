package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreClientSettings;
import culvert.config.OriginSettings;
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
import culvert.session.OriginSession;
import culvert.session.SessionEndedException;
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

/** A client whose process is stopped for a while, as a debugger or a hypervisor does it. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class SuspendTest {

  private static final Duration SILENCE = Duration.ofSeconds(1);

  /** After its first read nobody reads it before the process is awake. */
  private static final class Late extends ForwardingConnection {
    private final CountDownLatch awake;
    private boolean read;

    Late(Connection connection, CountDownLatch awake) {
      super(connection);
      this.awake = awake;
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) throws IOException {
          if (read) {
            awaitAwake();
          }
          read = true;
          return Late.super.input().read(target);
        }
      };
    }

    private void awaitAwake() throws IOException {
      try {
        awake.await();
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }
  }

  private static void says(Loopback pair, String json) throws IOException {
    pair.far().output().write((json + "\0").getBytes(StandardCharsets.UTF_8));
    pair.far().output().flush();
  }

  private static final OriginSession.Listener NOBODY =
      new OriginSession.Listener() {
        @Override
        public void served(String service, List<HostPort> addresses) {}

        @Override
        public void declined(String service, String why) {}

        @Override
        public void draining() {}
      };

  /** The server was not silent: what it said is there, and the watch looks before it is read. */
  @Test
  void whoSleptReadsWhatCameMeanwhileBeforeTheServerIsCalledSilent() throws Exception {
    var awake = new CountDownLatch(1);
    try (var pair = Loopback.open();
        var deadlines = new Deadlines();
        var log =
            new Log(
                Log.Level.DEBUG,
                Log.Format.TEXT,
                "test",
                new PrintStream(OutputStream.nullOutputStream()),
                Clock.systemUTC(),
                Threads.factory("log"))) {
      HostPort anywhere = HostPort.of(pair.near().peer());
      OriginSettings settings =
          Client.settings(anywhere, anywhere, new Client.Options().silence(SILENCE));
      var dialect =
          new BoreOriginDialect(
              settings,
              new BoreClientSettings(0, Optional.empty()),
              new Dialer(new BufferPool()),
              deadlines,
              new Counters(),
              log);
      says(pair, "{\"Hello\":4711}");
      var session = dialect.login(new Late(pair.near(), awake));
      says(pair, "\"Heartbeat\"");
      pair.far().closeOutput();
      deadlines.after(Duration.ZERO, () -> LockSupport.parkNanos(2 * SILENCE.toNanos()));
      // Due in the sleep as well, and behind the first look.
      deadlines.after(SILENCE, awake::countDown);
      assertThatThrownBy(() -> session.serve(List.of("bore"), NOBODY, stream -> {}))
          .isInstanceOf(SessionEndedException.class);
    }
  }
}
