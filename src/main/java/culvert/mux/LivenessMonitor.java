package culvert.mux;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.SilentPeerException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Looks for signs of life on a link, tick by tick: asks a peer that is silent and gives it up in
 * the end. Only the watchdog judges; all else may be called by anybody.
 */
final class LivenessMonitor {

  /** An answer to a probe that comes so much later than it should tells nothing. */
  private static final Duration MAX_DELAY = Duration.ofSeconds(2);

  private final Connection connection;
  private final LinkWriter writer;
  private final Deadlines deadlines;
  private final Heartbeat heartbeat;
  private final LivenessRule rule;
  private volatile boolean ended;
  private volatile SilentPeerException failure;
  private volatile Throwable bug;

  LivenessMonitor(Connection connection, LinkWriter writer, Link.Shared shared) {
    this.connection = connection;
    this.writer = writer;
    this.deadlines = shared.deadlines();
    this.heartbeat = shared.heartbeat();
    this.rule = new LivenessRule(heartbeat, sample());
  }

  /** Begins to look; what is returned ends it. */
  Deadlines.Deadline start() {
    var ticks = deadlines.repeat(heartbeat.tick(), this::tick);
    return () -> {
      ended = true;
      ticks.cancel();
    };
  }

  private void tick() {
    try {
      switch (rule.check(sample())) {
        case ALIVE -> {}
        case PING -> writer.ping();
        case SILENT -> endLink("nothing came from the peer for " + atLeast(1));
        case BLOCKED ->
            endLink("the peer took nothing for " + atLeast(LivenessRule.BLOCKED_TIMEOUTS));
      }
    } catch (RuntimeException | Error e) {
      // Nobody would watch it any more.
      bug = e;
      connection.reset();
    }
  }

  private String atLeast(int timeouts) {
    return Durations.of(heartbeat.timeout().multipliedBy(timeouts));
  }

  private void endLink(String why) {
    failure = new SilentPeerException(why);
    // A close would leave the kernel trying to deliver what nobody takes.
    connection.reset();
  }

  private LivenessRule.Sample sample() {
    return writer.sample(System.nanoTime(), System.currentTimeMillis());
  }

  /** Why the peer was given up, if it was. */
  Optional<SilentPeerException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Throws the bug that ended the watch, and with it the link, if one did. */
  void rethrowBug() {
    if (bug != null) {
      throw new IllegalStateException("a bug in the watch over the link", bug);
    }
  }

  /** See {@link Link#probe}. */
  void probe(Duration limit, Consumer<Boolean> answer) {
    long before = connection.received();
    long nanos = System.nanoTime();
    long wallMillis = System.currentTimeMillis();
    writer.ping();
    deadlines.after(
        limit,
        () -> {
          boolean alive = !ended && connection.received() != before;
          long passed = (System.nanoTime() - nanos) / 1_000_000;
          long onTheWall = System.currentTimeMillis() - wallMillis;
          boolean slept = Math.max(passed, onTheWall) > limit.plus(MAX_DELAY).toMillis();
          if (!alive && !ended && slept) {
            // We slept, and so did whoever would have read the answer.
            probe(limit, answer);
          } else {
            answer.accept(alive);
          }
        });
  }

  /** See {@link Link#isQuiet}. */
  boolean isQuiet() {
    return rule.isQuiet();
  }
}
