package culvert.mux;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/**
 * One visitor's bytes on a link. The sending half is {@link StreamOutput}, guarded by the lock of
 * the {@link LinkWriter}; the receiving half is {@link StreamInput}.
 */
public final class MuxStream implements Connection {

  /** Initial window of a stream in bytes; fixed by the protocol. */
  public static final int FIRST_WINDOW = 16 * 1024;

  /** Result of opening a stream. */
  public enum Answer {
    /** The origin server accepted. */
    ACCEPTED,
    /** It was refused, for the reason in {@link MuxStream#refusal}. */
    REFUSED,
    /** No answer within the limit. */
    NONE,
    /** The link or the stream ended before an answer. */
    LOST
  }

  private final Link link;
  private final StreamInput input;
  private final StreamEnding ending;
  private volatile Message answer;
  private volatile boolean opensAtOnce;
  private volatile long sent;

  /** 0 until the OPEN is written; written with the writer's lock held. */
  private volatile long id;

  /** The sending half; its fields are guarded by the writer's lock. */
  final StreamOutput out;

  /**
   * Creates a stream of this side; the writer sends its OPEN together with the first bytes.
   *
   * @param place frees the stream's place among those of its service
   */
  MuxStream(Link link, Message.Open open, Runnable place) {
    this(link, 0, place);
    out.pendingOpen = open;
  }

  /** Creates a stream that the peer opened. */
  MuxStream(Link link, long id) {
    this(link, id, () -> {});
  }

  private MuxStream(Link link, long id, Runnable place) {
    this.link = link;
    this.id = id;
    this.input = new StreamInput(this, link);
    this.ending = new StreamEnding(link, this, input, place);
    this.out = new StreamOutput(link.writer(), this, id != 0);
  }

  // Opening.

  /** Records whether the OPEN may be sent at once. */
  void opensAtOnce(boolean value) {
    opensAtOnce = value;
  }

  /**
   * Returns whether the OPEN could be sent when the stream was created. Otherwise the stream waits
   * until other streams of its service have been answered, and a write blocks until then.
   */
  public boolean opensAtOnce() {
    return opensAtOnce;
  }

  /**
   * Sends the OPEN unless it was sent with the first bytes, and waits for the answer. Only the
   * thread that will read the stream may wait.
   */
  public Answer awaitAnswer(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    link.writer().sendOpen(this);
    boolean inTime = input.awaitUntil(() -> answer != null, deadline);
    return switch (answer) {
      case Message.Accepted accepted -> Answer.ACCEPTED;
      case null -> inTime ? Answer.LOST : Answer.NONE;
      default -> Answer.REFUSED;
    };
  }

  /** Returns why the peer refused the OPEN. */
  public Message.Refused refusal() {
    return answer instanceof Message.Refused refused
        ? refused
        : new Message.Refused(StreamRefusedReason.UNREACHABLE, Link.LOST);
  }

  /** Answers the OPEN: the origin server has accepted. */
  public void accept() {
    link.writer().answer(this, new Message.Accepted());
  }

  /** Refuses the stream, which ends it. */
  public void refuse(StreamRefusedReason reason, String text) {
    ending.refuse(new Message.Refused(reason, text));
  }

  // Called by the link's reader; never blocks.

  void receive(ByteBuffer bytes) throws ProtocolException {
    if (!input.receive(bytes)) {
      ending.resetAbandoned();
    }
  }

  void receiveHalfClose() throws ProtocolException {
    input.end();
    ending.unregisterIfEnded();
  }

  void receiveAnswer(Message message) {
    answer = message;
    if (message instanceof Message.Refused refused) {
      ending.refused(refused.text());
    }
    input.wake();
  }

  boolean markForWakeUp() {
    return input.markForWakeUp();
  }

  void wakeReader() {
    input.wake();
  }

  // Ending.

  /**
   * Ends the stream without a RESET, because the peer has reset it or the link has ended. If the
   * peer has ended its direction before, its bytes stay readable and only the output fails.
   */
  void lose(CloseCause cause, String text) {
    ending.lose(cause, text);
  }

  /** Returns whether the stream has passed its open, so that its owner reads it to its end. */
  boolean isAccepted() {
    return out.openedByPeer || answer instanceof Message.Accepted;
  }

  /** Releases the stream once it has ended and holds no unread bytes. */
  void releaseIfDrained() {
    ending.releaseIfDrained();
  }

  /** Returns whether frames of the stream can still be sent and received. */
  boolean isRegistered() {
    return ending.isRegistered();
  }

  /** Frees the stream's place and returns true, in the first call only. */
  boolean markUnregistered() {
    return ending.markUnregistered();
  }

  // For the budget.

  long held() {
    return input.held();
  }

  long lastReadNanos() {
    return input.lastReadNanos();
  }

  /** Returns whether unread bytes are being discarded. */
  boolean isDiscarded() {
    return input.failure() != null;
  }

  void evict() {
    ending.abort(CloseCause.NOT_DRAINED, StreamResetReason.NOT_DRAINED);
  }

  // Connection.

  @Override
  public ByteInput input() {
    return input;
  }

  @Override
  public ByteOutput output() {
    return out;
  }

  @Override
  public void closeOutput() throws IOException {
    checkUsable();
    link.writer().halfClose(this);
    endOutput();
    ending.unregisterIfEnded();
  }

  /** Records that this side has ended its direction. */
  void endOutput() {
    ending.endOutput();
  }

  @Override
  public void reset() {
    reset(StreamResetReason.BROKEN);
  }

  /** Resets the stream with a reason for the peer. */
  public void reset(StreamResetReason reason) {
    ending.abort(CloseCause.STOPPED, reason);
  }

  /** Resets the stream unless both directions have ended. */
  @Override
  public void close() {
    reset();
  }

  @Override
  public void abandon() {
    if (!ending.tryAbandon()) {
      reset();
    }
  }

  @Override
  public InetSocketAddress peer() {
    return link.connection().peer();
  }

  @Override
  public InetSocketAddress local() {
    return link.connection().local();
  }

  @Override
  public long received() {
    return input.received();
  }

  @Override
  public long sent() {
    return sent;
  }

  /** Counts the bytes granted by the peer too: it has read as many. */
  @Override
  public long activity() {
    return received() + sent + (sent + out.window);
  }

  @Override
  public boolean isInputComplete() {
    return input.isComplete();
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return ending.closeCause();
  }

  @Override
  public boolean onBroken(Runnable action) {
    ending.onBroken(action);
    return true;
  }

  /** Counts payload that was put into a batch; the writer's lock is held. */
  void addSent(int bytes) {
    sent += bytes;
  }

  /** Returns the stream's id, or 0 while its OPEN has not been written. */
  long id() {
    return id;
  }

  void id(long id) {
    this.id = id;
  }

  /** Throws if the output cannot be used because the stream has failed. */
  void checkUsable() throws IOException {
    ending.checkUsable();
  }
}
