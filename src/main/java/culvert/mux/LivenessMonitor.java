package culvert.mux;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.SilentPeerException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Looks for signs of life on a leg, tick by tick: asks a peer that is silent and gives it up in the
 * end. Only the watchdog judges; all else may be called by anybody.
 */
final class LivenessMonitor {

  /** An answer to a probe that comes so much later than it should tells nothing. */
  private static final Duration ASLEEP = Duration.ofSeconds(2);

  private final Connection connection;
  private final LinkWriter writer;
  private final Deadlines deadlines;
  private final Heartbeat heartbeat;
  private final LivenessRule liveness;
  private volatile boolean ended;
  private volatile SilentPeerException silence;
  private volatile Throwable bug;

  LivenessMonitor(Connection connection, LinkWriter writer, Link.Shared shared) {
    this.connection = connection;
    this.writer = writer;
    this.deadlines = shared.deadlines();
    this.heartbeat = shared.heartbeat();
    this.liveness = new LivenessRule(heartbeat, signs());
  }

  /** Begins to look; what is returned ends it. */
  Deadlines.Deadline begin() {
    var ticks = deadlines.repeat(heartbeat.tick(), this::look);
    return () -> {
      ended = true;
      ticks.cancel();
    };
  }

  private void look() {
    try {
      switch (liveness.judge(signs())) {
        case WELL -> {}
        case ASK -> writer.ping();
        case SILENT -> giveUp("nothing came from the peer for " + atLeast(1));
        case STUCK -> giveUp("the peer took nothing for " + atLeast(LivenessRule.STUCK_TIMEOUTS));
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

  private void giveUp(String why) {
    silence = new SilentPeerException(why);
    // A close would leave the kernel trying to deliver what nobody takes.
    connection.reset();
  }

  private LivenessRule.Signs signs() {
    return writer.signs(System.nanoTime(), System.currentTimeMillis());
  }

  /** Why the peer was given up, if it was. */
  Optional<SilentPeerException> silence() {
    return Optional.ofNullable(silence);
  }

  /** Throws the bug that ended the watch, and with it the leg, if one did. */
  void tellBug() {
    if (bug != null) {
      throw new IllegalStateException("a bug in the watch over the leg", bug);
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
          boolean slept = Math.max(passed, onTheWall) > limit.plus(ASLEEP).toMillis();
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
    return liveness.isQuiet();
  }
}
