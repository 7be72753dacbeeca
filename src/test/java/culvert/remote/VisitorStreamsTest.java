package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BandwidthLimits;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.session.PendingStream;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Errors while a visitor waits for its stream. */
@ExtendWith(LeakCheck.class)
class VisitorStreamsTest {

  private static final String NO_MEMORY = "unable to create native thread";

  private final AtomicInteger cancels = new AtomicInteger();

  /** A stream that fails before the visitor is read, or while the visitor waits. */
  private final class FailingStream implements PendingStream {
    private final boolean isEarly;

    FailingStream(boolean isEarly) {
      this.isEarly = isEarly;
    }

    @Override
    public Optional<Connection> early() {
      if (isEarly) {
        throw new OutOfMemoryError(NO_MEMORY);
      }
      return Optional.empty();
    }

    @Override
    public Outcome await(Duration limit) {
      throw new OutOfMemoryError(NO_MEMORY);
    }

    @Override
    public void cancel() {
      cancels.incrementAndGet();
    }
  }

  private void assertCancelled(PendingStream opened) throws Exception {
    var settings = new RolePair.Options().remoteSettings();
    var counters = new Counters();
    var log = new TestLog();
    try (var deadlines = new Deadlines();
        var pair = Loopback.open()) {
      var lines = new LimitedLog<SourcePrefix>(log.log(), counters, 1, Duration.ofHours(1));
      var resets = new VisitorResets(counters, lines);
      var streams =
          new VisitorStreams(
              () -> settings, new BufferPool(), deadlines, counters, log.log(), lines, resets);
      Connection near = pair.near();
      var visitor = new Visitor("web", near.peer(), near.local());
      assertThatThrownBy(
              () -> streams.await(near, visitor, opened, BandwidthLimits.NONE, System.nanoTime()))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessage(NO_MEMORY);
      assertThat(cancels).hasValue(1);
    } finally {
      log.close();
    }
  }

  @Test
  void streamIsCancelledIfTheVisitorCannotBeRead() throws Exception {
    assertCancelled(new FailingStream(true));
  }

  @Test
  void streamIsCancelledIfTheWaitFails() throws Exception {
    assertCancelled(new FailingStream(false));
  }
}
