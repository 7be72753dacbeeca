package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.Deadlines;
import culvert.protocol.ByeReason;
import culvert.protocol.Message;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Ends a link in order: its streams and flows end or fail, a BYE is sent as the last frame, and the
 * connection is closed after a timeout. Nothing here blocks; any thread may call.
 */
final class LinkCloser {

  /** Time for the BYE and the frames before it. */
  private static final Duration BYE_TIMEOUT = Duration.ofSeconds(3);

  /**
   * Time without progress while bytes of complete streams are in flight; it is extended while there
   * is progress, at most {@link #MAX_EXTENSIONS} times.
   */
  private static final Duration PROGRESS_TIMEOUT = Duration.ofSeconds(10);

  private static final int MAX_EXTENSIONS = 12;

  private final Link link;
  private final Deadlines deadlines;
  private final AtomicReference<Deadlines.Deadline> timeout = new AtomicReference<>(() -> {});

  /** Set once: the link ends when its last stream and flow have ended. */
  private volatile boolean finishing;

  /** Set once: the BYE is queued. */
  private volatile boolean closing;

  LinkCloser(Link link, Deadlines deadlines) {
    this.link = link;
    this.deadlines = deadlines;
  }

  boolean isFinishing() {
    return finishing;
  }

  boolean isClosing() {
    return closing;
  }

  /** See {@link Link#close(ByeReason, String)}. */
  void close(ByeReason reason, String text) {
    close(reason, text, 0);
  }

  private void close(ByeReason reason, String text, int extensions) {
    closing = true;
    link.streams().failAll(CloseCause.STOPPED);
    link.flows().endAll(CloseCause.STOPPED);
    link.writer().byeAfterPayload(new Message.Bye(reason, text));
    closeLater(extensions);
  }

  /**
   * Closes the connection after a timeout, which is extended while the peer still receives bytes.
   */
  private void closeLater(int extensions) {
    boolean pending = extensions > 0 && link.writer().hasUnacknowledged();
    long before = link.writer().progress();
    Runnable close =
        () -> {
          if (pending && !link.hasEnded() && link.writer().progress() != before) {
            closeLater(extensions - 1);
          } else {
            link.connection().close();
          }
        };
    timeout.getAndSet(deadlines.after(pending ? PROGRESS_TIMEOUT : BYE_TIMEOUT, close)).cancel();
    if (link.hasEnded()) {
      cancel();
    }
  }

  /** See {@link Link#finish}. */
  boolean finish() {
    finishing = true;
    boolean busy = hasOpen() || link.writer().hasUnacknowledged();
    closeIfFinished();
    return busy;
  }

  /** Ends the link if it is finishing and has no open stream or flow. */
  void closeIfFinished() {
    if (finishing && !closing && !hasOpen()) {
      close(ByeReason.STOPPING, "drained", MAX_EXTENSIONS);
    }
  }

  private boolean hasOpen() {
    return link.openStreams() > 0 || link.openFlows() > 0;
  }

  /** Cancels the timeout; the link has ended. */
  void cancel() {
    timeout.get().cancel();
  }
}
