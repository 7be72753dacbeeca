package culvert.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@Timeout(30)
class PendingChannelTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private Loopback pair;
  private TestSession session;
  private final PendingQueue queue = new PendingQueue();

  @BeforeEach
  void setUp() throws IOException {
    pair = Loopback.open();
    session = new TestSession(pair.far());
  }

  @AfterEach
  void tearDown() {
    pair.close();
  }

  private static final class TestSession extends ChannelSession {
    private int drained;
    private int unresponsive;

    TestSession(Connection control) {
      super(control);
    }

    @Override
    protected void endDrained() {
      drained++;
    }

    @Override
    protected void endUnresponsive() {
      unresponsive++;
    }

    @Override
    public void serve(ServiceRegistry services) {}

    @Override
    public PendingStream open(Visitor visitor) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close(ByeReason reason, String why) {}
  }

  private final class Waiting extends PendingChannel {
    private final String requestFailure;

    Waiting(String requestFailure) {
      super(session);
      this.requestFailure = requestFailure;
    }

    @Override
    protected void request() throws IOException {
      if (!requestFailure.isEmpty()) {
        throw new IOException(requestFailure);
      }
    }

    @Override
    protected void remove() {
      queue.remove(this);
    }
  }

  private Waiting add(String requestFailure) throws IOException {
    var waiting = new Waiting(requestFailure);
    queue.add(waiting);
    return waiting;
  }

  @Test
  void channelsAreGivenInTheOrderOfTheAnnouncements() throws Exception {
    Waiting first = add("");
    Waiting second = add("");
    assertThat(queue.deliver(pair.near())).isTrue();
    assertThat(queue.deliver(pair.far())).isTrue();
    assertThat(queue.deliver(pair.far())).isFalse();
    assertThat(second.await(LONG)).isEqualTo(new PendingStream.Outcome.Accepted(pair.far()));
    assertThat(first.await(LONG)).isEqualTo(new PendingStream.Outcome.Accepted(pair.near()));
  }

  @Test
  void visitorThatHasLeftGetsNoChannel() throws Exception {
    Waiting cancelled = add("");
    Waiting timedOut = add("");
    Waiting next = add("");
    cancelled.cancel();
    assertThat(cancelled.await(LONG)).isInstanceOf(PendingStream.Outcome.Cancelled.class);
    assertThat(timedOut.await(Duration.ofMillis(1)))
        .isInstanceOf(PendingStream.Outcome.TimedOut.class);
    assertThat(queue.deliver(pair.near())).isTrue();
    assertThat(next.await(LONG)).isInstanceOf(PendingStream.Outcome.Accepted.class);
  }

  @Test
  void cancelAfterTheChannelHasNoEffect() throws Exception {
    Waiting served = add("");
    queue.deliver(pair.near());
    served.cancel();
    assertThat(served.await(LONG)).isInstanceOf(PendingStream.Outcome.Accepted.class);
  }

  @Test
  void failedRequestRefusesTheVisitor() throws Exception {
    Waiting refused = add("too slow");
    assertThat(refused.await(LONG)).isEqualTo(new PendingStream.Outcome.Refused("too slow"));
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void channelThatArrivesDuringAFailedRequestIsUsed() throws Exception {
    Waiting served = add("too slow");
    queue.deliver(pair.near());
    assertThat(served.await(LONG)).isInstanceOf(PendingStream.Outcome.Accepted.class);
  }

  @Test
  void endOfTheSessionRefusesThoseThatWait() throws Exception {
    Waiting lost = add("");
    queue.fail("gone");
    assertThat(lost.await(LONG)).isEqualTo(new PendingStream.Outcome.Refused("gone"));
    assertThatThrownBy(() -> add("")).isInstanceOf(IOException.class);
  }

  /** It may be slow; only one that opens no channel for seconds is dead. */
  @Test
  void shortTimeoutDoesNotEndTheSession() throws Exception {
    add("").await(Duration.ofMillis(1));
    assertThat(session.unresponsive).isZero();
    session.reportUnclaimed(System.nanoTime() - Duration.ofMinutes(1).toNanos());
    assertThat(session.unresponsive).as("it has opened a channel since").isZero();
  }

  @Test
  void drainEndsWithTheLastChannel() {
    Connection channel = session.channels().add(pair.near());
    session.channels().drain();
    assertThat(session.drained).isZero();
    channel.close();
    assertThat(session.drained).isEqualTo(1);
  }
}
