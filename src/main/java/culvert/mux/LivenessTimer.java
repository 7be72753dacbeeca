package culvert.mux;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.SilentPeerException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Checks a link once per tick: sends a PING to a silent peer, resets the connection of a dead one,
 * and ends waits of senders that hold direct buffers. The timer thread checks; any thread may call
 * the other methods.
 */
final class LivenessTimer {

  /** A probe that ends this much too late proves nothing: the host was suspended. */
  private static final Duration MAX_DELAY = Duration.ofSeconds(2);

  private final Connection connection;
  private final LinkWriter writer;
  private final Deadlines deadlines;
  private final Heartbeat heartbeat;
  private final LivenessRule rule;
  private volatile boolean ended;
  private volatile SilentPeerException failure;
  private volatile Throwable bug;

  LivenessTimer(Connection connection, LinkWriter writer, Link.Shared shared) {
    this.connection = connection;
    this.writer = writer;
    this.deadlines = shared.deadlines();
    this.heartbeat = shared.heartbeat();
    this.rule = new LivenessRule(heartbeat, sample());
  }

  /** Starts the checks; cancelling the result ends them. */
  Deadlines.Deadline start() {
    var ticks = deadlines.repeat(heartbeat.tick(), this::tick);
    return () -> {
      ended = true;
      ticks.cancel();
    };
  }

  private void tick() {
    try {
      writer.countCheck();
      switch (rule.check(sample())) {
        case ALIVE -> {}
        case PING -> writer.ping();
        case SILENT -> endLink("nothing received from the peer for " + atLeast(1));
        case BLOCKED ->
            endLink("the peer accepted nothing for " + atLeast(LivenessRule.BLOCKED_TIMEOUTS));
      }
    } catch (RuntimeException | Error e) {
      // Without checks the link must not continue.
      bug = e;
      connection.reset();
    }
  }

  private String atLeast(int timeouts) {
    return Durations.of(heartbeat.timeout().multipliedBy(timeouts));
  }

  private void endLink(String reason) {
    failure = new SilentPeerException(reason);
    // After a close the kernel would go on trying to deliver the data.
    connection.reset();
  }

  private LivenessRule.Sample sample() {
    return writer.sample(System.nanoTime(), System.currentTimeMillis());
  }

  /** Returns the reason if the peer was considered dead. */
  Optional<SilentPeerException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Throws the unexpected exception that ended the checks and the link, if there was one. */
  void rethrowBug() {
    if (bug != null) {
      throw new IllegalStateException("internal error in the liveness check", bug);
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
          long wallPassed = System.currentTimeMillis() - wallMillis;
          boolean suspended = Math.max(passed, wallPassed) > limit.plus(MAX_DELAY).toMillis();
          if (!alive && !ended && suspended) {
            // The host was suspended, and the reader with it: probe again.
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
