package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.net.CancellablePause;
import culvert.observe.LimitedLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The wait of a loop whose address leads to a remote proxy with which another loop of the role has
 * a session. Confined to the thread of {@link SessionLoop#run}.
 */
final class StandBy {

  /** Pause after the end of another address's session with the same remote proxy, at least. */
  private static final Duration MIN_HEAD_START = Duration.ofSeconds(1);

  private static final String UNUSED = "address not used";

  private final SessionLoop loop;
  private final RemoteClaims claims;
  private final CancellablePause pause;
  private final LimitedLog<String> lines;

  /** The other end of the last session. */
  private Optional<String> remoteInstance = Optional.empty();

  /**
   * Creates a stand-by that does nothing before {@link #run}.
   *
   * @param pause that of the loop, which a request of the user ends
   * @param lines the log of lines whose number the remote proxy decides
   */
  StandBy(SessionLoop loop, RemoteClaims claims, CancellablePause pause, LimitedLog<String> lines) {
    this.loop = loop;
    this.claims = claims;
    this.pause = pause;
    this.lines = lines;
  }

  /** Sets the id of the process at the other end of the last session, if it is known. */
  void setRemote(Optional<String> instance) {
    remoteInstance = instance;
  }

  /** Returns whether another loop of the role has a session with the same process. */
  boolean isNeeded() {
    return other().isPresent();
  }

  private Optional<RemoteClaims.Claim> other() {
    return remoteInstance.flatMap(instance -> claims.ofOther(instance, loop));
  }

  /** Waits while another loop of the role has a session with the same process. */
  void run(Outcome outcome) {
    Optional<RemoteClaims.Claim> other = other();
    other.ifPresent(claim -> logUnused(outcome, claim));
    while (other.isPresent() && !loop.isStopping()) {
      CompletableFuture<Void> released = other.get().released();
      released.thenRun(pause::end);
      loop.await(SessionLoop.FOREVER);
      if (!released.isDone()) {
        // A request of the user.
        return;
      }
      pause.prepare();
      loop.await(headStart());
      other = other();
    }
  }

  private void logUnused(Outcome outcome, RemoteClaims.Claim other) {
    SessionLoop holder = other.holder();
    if (holder.root() == loop.root()) {
      // Whichever address the next session uses, it requests the same ports.
      loop.useMemoryOf(holder);
    }
    lines.info(
        UNUSED,
        event(UNUSED)
            .with(SessionLoop.REMOTE_PROXY, loop.name())
            .with("cause", outcome.cause())
            .with("used", holder.name()));
  }

  /** Leaves the next login to the address that had the session, which needs less than a second. */
  private static Duration headStart() {
    return MIN_HEAD_START.plusMillis(ThreadLocalRandom.current().nextInt(1000));
  }
}
