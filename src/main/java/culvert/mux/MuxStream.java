package culvert.mux;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedReason;
import culvert.protocol.ResetReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One visitor's bytes on a leg. The sending half is state of the {@link LinkWriter} and guarded by
 * its lock; the receiving half is {@link StreamInput}.
 */
public final class MuxStream implements Connection {

  /** What a stream may send before the first grant, in bytes; a constant of the wire. */
  public static final int FIRST_WINDOW = 16 * 1024;

  /** What the writer keeps for a stream; its lock guards every field. */
  static final class SendState {
    /** Whether the peer opened the stream. */
    final boolean theirs;

    long window;
    ByteBuffer pending;
    Thread sender;
    Message.Open openOwed;
    Message answerOwed;
    long grantOwed;
    ResetReason resetOwed;
    boolean halfCloseOwed;
    boolean halfClosed;
    boolean answered;
    boolean queued;
    boolean owing;
    boolean dead;
    long openBatch = -1;
    long lastBatch = -2;

    private SendState(boolean theirs) {
      this.theirs = theirs;
      this.window = theirs ? FIRST_WINDOW : 0;
    }
  }

  /** What became of an open. */
  public enum Answer {
    /** The origin server accepted. */
    ACCEPTED,
    /** It was refused; {@link MuxStream#refusal} says why. */
    REFUSED,
    /** No answer within the limit. */
    NONE,
    /** The leg or the stream ended first. */
    LOST
  }

  private final Link leg;
  private final StreamInput input;
  private final Output output = new Output();
  private final AtomicBoolean forgotten = new AtomicBoolean();
  private final AtomicReference<Runnable> onTrouble = new AtomicReference<>();
  private volatile Message answer;
  private volatile boolean outputEnded;
  private volatile long sent;

  /** 0 until the open is written; the writer's lock guards the change. */
  private volatile long id;

  /** The sending half; the writer's lock guards it. */
  final SendState send;

  /** A stream of ours, whose open the writer sends together with its first bytes. */
  MuxStream(Link leg, Message.Open open) {
    this(leg, 0);
    send.openOwed = open;
  }

  /** A stream of the peer's. */
  MuxStream(Link leg, long id) {
    this.leg = leg;
    this.id = id;
    this.input = new StreamInput(this, leg);
    this.send = new SendState(id != 0);
  }

  // Opening.

  /**
   * Sends the open unless the first bytes already took it along, and waits for the peer's answer.
   * Only the thread that will read the stream may wait.
   */
  public Answer awaitAnswer(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    leg.writer().sendOpen(this);
    boolean inTime = input.awaitUntil(() -> answer != null, deadline);
    return switch (answer) {
      case Message.Accepted accepted -> Answer.ACCEPTED;
      case null -> inTime ? Answer.LOST : Answer.NONE;
      default -> Answer.REFUSED;
    };
  }

  /** The peer's words for a refused open. */
  public Message.Refused refusal() {
    return answer instanceof Message.Refused refused
        ? refused
        : new Message.Refused(RefusedReason.UNREACHABLE, "the leg was lost");
  }

  /** Tells the opener that the origin server has accepted. */
  public void accept() {
    leg.writer().answer(this, new Message.Accepted());
  }

  /** Tells the opener that there will be no connection; the stream is over. */
  public void refuse(RefusedReason reason, String text) {
    leg.writer().answer(this, new Message.Refused(reason, text));
    fail(CloseCause.STOPPED, "refused");
  }

  // What the leg's reader brings; it never waits.

  void receive(ByteBuffer bytes) throws ProtocolException {
    input.receive(bytes);
  }

  void receiveHalfClose() throws ProtocolException {
    input.end();
    forgetIfEnded();
  }

  void receiveAnswer(Message message) {
    answer = message;
    if (message instanceof Message.Refused refused) {
      fail(CloseCause.RESET, refused.text());
    } else {
      input.wake();
    }
  }

  boolean touch() {
    return input.touch();
  }

  void wakeReader() {
    input.wake();
  }

  // Ending.

  /** Ends the stream without telling the peer, unless both directions have ended by themselves. */
  void fail(CloseCause trouble, String text) {
    if (!bothEnded()) {
      failNow(new StreamInput.Failure(trouble, text), () -> leg.writer().dead(this));
    }
  }

  /**
   * Ends the stream and tells the peer. One whose two directions have ended fails too while bytes
   * of it were not read: what is dropped unread must not look complete. The peer is done with it
   * then.
   */
  private void end(CloseCause trouble, ResetReason reason) {
    if (send.theirs) {
      // An open that nobody answered would cost its credit for ever; once answered this says
      // nothing.
      leg.writer().answer(this, new Message.Refused(RefusedReason.BUSY, "not connected"));
    }
    boolean peerIsDone = bothEnded();
    failNow(
        new StreamInput.Failure(trouble, "the stream was reset"),
        () -> {
          if (!peerIsDone) {
            leg.writer().dead(this);
            leg.writer().reset(this, reason);
          }
        });
  }

  private void failNow(StreamInput.Failure why, Runnable tellWriter) {
    if (input.fail(why, outputEnded)) {
      tellWriter.run();
      leg.forget(this);
      releaseIfDrained();
      input.wake();
      tellTrouble();
    }
  }

  private void tellTrouble() {
    Runnable action = onTrouble.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  private boolean bothEnded() {
    return input.isEnded() && outputEnded;
  }

  private void forgetIfEnded() {
    if (bothEnded()) {
      leg.forget(this);
      releaseIfDrained();
    }
  }

  /** Bytes that were not read keep a stream in the budget's sight, also after both directions. */
  void releaseIfDrained() {
    if (input.held() == 0 && (input.failure() != null || bothEnded())) {
      leg.release(this);
    }
  }

  /** Returns true once in the stream's life. */
  boolean forget() {
    return forgotten.compareAndSet(false, true);
  }

  // For the budget.

  long held() {
    return input.held();
  }

  long lastReadNanos() {
    return input.lastReadNanos();
  }

  void evict() {
    end(CloseCause.NOT_DRAINED, ResetReason.NOT_DRAINED);
  }

  // Connection.

  @Override
  public ByteInput input() {
    return input;
  }

  @Override
  public ByteOutput output() {
    return output;
  }

  @Override
  public void closeOutput() throws IOException {
    checkUsable();
    leg.writer().halfClose(this);
    outputEnds();
    forgetIfEnded();
  }

  /** Nothing more goes out. */
  void outputEnds() {
    outputEnded = true;
  }

  @Override
  public void reset() {
    reset(ResetReason.BROKEN);
  }

  /** Resets the stream and tells the peer why. */
  public void reset(ResetReason reason) {
    end(CloseCause.STOPPED, reason);
  }

  /** Before both directions have ended, a close is a reset. */
  @Override
  public void close() {
    reset();
  }

  @Override
  public InetSocketAddress peer() {
    return leg.connection().peer();
  }

  @Override
  public InetSocketAddress local() {
    return leg.connection().local();
  }

  @Override
  public long received() {
    return input.received();
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return Optional.ofNullable(input.failure()).map(StreamInput.Failure::trouble);
  }

  @Override
  public void onBroken(Runnable action) {
    onTrouble.set(action);
    if (input.failure() != null) {
      tellTrouble();
    }
  }

  /** Counts payload that the writer has taken; only one thread writes at a time. */
  void addSent(int bytes) {
    sent += bytes;
  }

  /** The stream's id, or 0 while its open has not been written. */
  long id() {
    return id;
  }

  void id(long id) {
    this.id = id;
  }

  void checkUsable() throws IOException {
    input.checkUsable();
  }

  private final class Output extends ByteOutput {
    @Override
    public void write(ByteBuffer source) throws IOException {
      if (source.hasRemaining()) {
        leg.writer().send(MuxStream.this, source);
      }
    }
  }
}
