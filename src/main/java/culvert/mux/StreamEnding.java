package culvert.mux;

import culvert.net.CloseCause;
import culvert.protocol.Message;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How a stream ends: by the end of both directions, by a reset of either side, or with the link.
 * Any thread may call every method.
 */
final class StreamEnding {

  private final Link link;
  private final MuxStream stream;
  private final StreamInput input;
  private final Runnable place;
  private final AtomicBoolean unregistered = new AtomicBoolean();
  private final AtomicReference<Runnable> brokenAction = new AtomicReference<>();
  private volatile boolean outputEnded;

  /** Why only the output failed, after the peer had ended its direction; otherwise null. */
  private volatile StreamInput.Failure outputFailure;

  /**
   * Creates the state of a stream that has not ended.
   *
   * @param place frees the stream's place among those of its service
   */
  StreamEnding(Link link, MuxStream stream, StreamInput input, Runnable place) {
    this.link = link;
    this.stream = stream;
    this.input = input;
    this.place = place;
  }

  /**
   * Ends the stream without a RESET, because the peer has reset it or the link has ended. If the
   * peer has ended its direction before, its bytes stay readable and only the output fails.
   */
  void lose(CloseCause cause, String text) {
    if (!isOver()) {
      if (stream.isAccepted() && input.isComplete()) {
        failOutput(new StreamInput.Failure(cause, text));
      } else {
        abort(cause, text, null, null);
      }
    }
    unregister();
  }

  private void failOutput(StreamInput.Failure why) {
    outputFailure = why;
    link.writer().abort(stream, null, true, null);
    unregister();
    runBrokenAction();
  }

  /** Ends the stream because the peer has refused its OPEN. */
  void refused(String text) {
    if (!isOver()) {
      abort(CloseCause.RESET, text, null, null);
    }
  }

  /** Ends a stream of the peer with the answer to its OPEN. */
  void refuse(Message.Refused refusal) {
    if (bothEnded()) {
      link.writer().answer(stream, refusal);
    } else {
      abort(CloseCause.STOPPED, "refused", refusal, null);
    }
  }

  /**
   * Ends the stream with a RESET. If it is over for the peer, only unread bytes are discarded and
   * later reads fail, so that they do not look complete; the peer needs no RESET then.
   */
  void abort(CloseCause cause, StreamResetReason reason) {
    // An OPEN without an answer would use up its credit permanently; a second answer is not sent.
    var answer =
        stream.out.openedByPeer
            ? new Message.Refused(StreamRefusedReason.BUSY, "not connected")
            : null;
    abort(cause, "the stream was reset", answer, reason);
  }

  private void abort(
      CloseCause cause, String text, Message.Refused answer, StreamResetReason reason) {
    boolean over = isOver();
    boolean failed = input.fail(new StreamInput.Failure(cause, text), over || outputEnded);
    link.writer().abort(stream, answer, failed && !over, reason);
    if (failed) {
      unregister();
      input.wake();
      runBrokenAction();
    }
  }

  /**
   * Makes later reads fail, and returns true, if this side has ended its direction and has read all
   * that the peer has sent. A RESET could make the peer discard what it has not read, so none is
   * sent as long as the peer sends nothing either: the stream then stays registered, without a
   * thread, until the peer or the link ends it.
   */
  boolean tryAbandon() {
    boolean done = outputEnded && stream.isAccepted() && input.tryAbandon();
    if (done) {
      brokenAction.set(null);
      input.wake();
    }
    return done;
  }

  /** Sends a RESET for bytes that the peer has sent on an abandoned stream. */
  void resetAbandoned() {
    if (isRegistered()) {
      link.writer().abort(stream, null, true, StreamResetReason.BROKEN);
      unregister();
    }
  }

  /** Records that this side has ended its direction. */
  void endOutput() {
    outputEnded = true;
  }

  void unregisterIfEnded() {
    if (bothEnded()) {
      unregister();
    }
  }

  private boolean bothEnded() {
    return input.isEnded() && outputEnded;
  }

  /** Returns whether the stream has ended for the peer while its bytes stay readable. */
  private boolean isOver() {
    return bothEnded() || outputFailure != null;
  }

  private void unregister() {
    link.streams().unregister(stream);
    releaseIfDrained();
  }

  /**
   * Releases the stream once it has ended and holds no unread bytes; until then the budget can
   * evict it.
   */
  void releaseIfDrained() {
    if (unregistered.get() && input.held() == 0) {
      link.streams().release(stream);
    }
  }

  /** Returns whether frames of the stream can still be sent and received. */
  boolean isRegistered() {
    return !unregistered.get();
  }

  /** Frees the stream's place and returns true, in the first call only. */
  boolean markUnregistered() {
    boolean isFirst = unregistered.compareAndSet(false, true);
    if (isFirst) {
      place.run();
    }
    return isFirst;
  }

  Optional<CloseCause> closeCause() {
    return Optional.ofNullable(input.failure())
        .or(() -> Optional.ofNullable(outputFailure))
        .map(StreamInput.Failure::cause);
  }

  /** Sets the action for a failure; it runs at once if the stream has failed before. */
  void onBroken(Runnable action) {
    brokenAction.set(action);
    if (closeCause().isPresent()) {
      runBrokenAction();
    }
  }

  /** While only the output has failed, the action is kept: the eviction may need it, too. */
  private void runBrokenAction() {
    Runnable action = input.failure() == null ? brokenAction.get() : brokenAction.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  /** Throws if the output cannot be used because the stream has failed. */
  void checkUsable() throws IOException {
    input.checkUsable();
    StreamInput.Failure why = outputFailure;
    if (why != null) {
      throw new IOException(why.text());
    }
  }
}
