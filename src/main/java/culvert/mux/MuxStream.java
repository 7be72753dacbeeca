package culvert.mux;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Trouble;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedReason;
import culvert.protocol.ResetReason;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One visitor's bytes on a leg. The sending half is state of the {@link LegWriter} and guarded by
 * its lock; the receiving half has a lock of its own, which is never held while the writer's is
 * taken.
 */
public final class MuxStream implements Connection {

  /** What a stream may send before the first grant, in bytes; a constant of the wire. */
  static final int FIRST_WINDOW = 16 * 1024;

  /** No window grows beyond this, in bytes. */
  static final int MOST_WINDOW = 16 * 1024 * 1024;

  private final Leg leg;
  private final Input input = new Input();
  private final Output output = new Output();

  /** The sending half; the writer's lock guards it. */
  final SendState send = new SendState();

  /** 0 until the open is written; the writer's lock guards the change. */
  private volatile long id;

  private final ReentrantLock lock = new ReentrantLock();
  // The lock guards the receiving half:
  private final ReceiveQueue queue;
  private long credit = FIRST_WINDOW;
  private long window = FIRST_WINDOW;
  private long unreported;
  private long lastGrantNanos = System.nanoTime();
  private boolean inputEnded;
  private Message answer;
  private Thread reader;

  private boolean touched;
  private boolean outputEnded;
  private Runnable onTrouble = () -> {};
  private volatile Failure failure;
  private volatile long held;
  private volatile long lastReadNanos = System.nanoTime();
  private volatile long received;
  private volatile long sent;
  private final AtomicBoolean forgotten = new AtomicBoolean();

  /** Why the stream can be used no more. */
  private record Failure(Trouble trouble, String text) {}

  /** What the writer keeps for a stream; its lock guards every field. */
  static final class SendState {
    long window;
    ByteBuffer pending;
    Thread sender;
    Message.Open openOwed;
    Message answerOwed;
    long grantOwed;
    ResetReason resetOwed;
    boolean halfCloseOwed;
    boolean halfClosed;
    boolean theirs;
    boolean answered;
    boolean queued;
    boolean owing;
    boolean dead;
    long openBatch = -1;
    long lastBatch = -2;
  }

  /** A stream of ours, whose open the writer sends together with its first bytes. */
  MuxStream(Leg leg, Message.Open open) {
    this(leg, 0);
    send.openOwed = open;
  }

  /** A stream of the peer's. */
  MuxStream(Leg leg, long id) {
    this.leg = leg;
    this.id = id;
    this.queue = new ReceiveQueue(leg.pool(), leg.budget());
    send.theirs = id != 0;
    send.window = send.theirs ? FIRST_WINDOW : 0;
  }

  // ---- opening -------------------------------------------------------------------------------

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

  /**
   * Sends the open unless the first bytes already took it along, and waits for the peer's answer.
   * Only the thread that will read the stream may wait.
   */
  public Answer awaitAnswer(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    leg.writer().sendOpen(this);
    for (; ; ) {
      lock.lock();
      try {
        if (answer instanceof Message.Accepted) {
          return Answer.ACCEPTED;
        }
        if (answer != null) {
          return Answer.REFUSED;
        }
        if (failure != null) {
          return Answer.LOST;
        }
        reader = Thread.currentThread();
      } finally {
        lock.unlock();
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return Answer.NONE;
      }
      LockSupport.parkNanos(this, left);
    }
  }

  /** The peer's words for a refused open. */
  public Message.Refused refusal() {
    lock.lock();
    try {
      return answer instanceof Message.Refused refused
          ? refused
          : new Message.Refused(RefusedReason.UNREACHABLE, "the leg was lost");
    } finally {
      lock.unlock();
    }
  }

  /** Tells the opener that the origin server has accepted. */
  public void accept() {
    leg.writer().answer(this, new Message.Accepted());
  }

  /** Tells the opener that there will be no connection; the stream is over. */
  public void refuse(RefusedReason reason, String text) {
    leg.writer().answer(this, new Message.Refused(reason, text));
    fail(Trouble.STOPPED, "refused");
    leg.forget(this);
  }

  // ---- what the leg's reader brings; it never waits ---------------------------------------------

  /** Takes what of a data frame has come. */
  void receive(ByteBuffer bytes) throws ProtocolException {
    int n = bytes.remaining();
    lock.lock();
    try {
      if (inputEnded) {
        throw new ProtocolException("DATA after HALF_CLOSE on stream " + id);
      }
      if (n > credit) {
        throw new ProtocolException("DATA beyond the window of stream " + id);
      }
      credit -= n;
      received += n;
      if (failure == null) {
        if (queue.held() == 0) {
          // Nobody kept these bytes waiting yet: the time of not reading begins now.
          lastReadNanos = System.nanoTime();
        }
        queue.add(bytes);
        held = queue.held();
      }
    } finally {
      lock.unlock();
    }
  }

  void receiveHalfClose() throws ProtocolException {
    lock.lock();
    try {
      if (inputEnded) {
        throw new ProtocolException("a second HALF_CLOSE on stream " + id);
      }
      inputEnded = true;
    } finally {
      lock.unlock();
    }
    forgetIfEnded();
  }

  void receiveAnswer(Message answer) {
    lock.lock();
    try {
      this.answer = answer;
    } finally {
      lock.unlock();
    }
    if (answer instanceof Message.Refused refused) {
      fail(Trouble.RESET, refused.text());
      leg.forget(this);
    } else {
      wakeReader();
    }
  }

  /** Ends the stream without telling the peer. */
  void fail(Trouble trouble, String text) {
    if (!bothEnded()) {
      failUnread(new Failure(trouble, text));
    }
  }

  /**
   * Ends the stream, also one whose two directions have ended but whose bytes were not all read:
   * what is dropped unread must not look complete. Returns false if it was over already.
   */
  private boolean failUnread(Failure why) {
    Runnable tell;
    lock.lock();
    try {
      if (failure != null || inputEnded && outputEnded && queue.held() == 0) {
        return false;
      }
      failure = why;
      queue.clear();
      held = queue.held();
      tell = onTrouble;
    } finally {
      lock.unlock();
    }
    leg.writer().dead(this);
    wakeReader();
    tell.run();
    releaseIfDrained();
    return true;
  }

  /** Bytes that were not read keep a stream in the budget's sight, also after both directions. */
  private void releaseIfDrained() {
    boolean drained;
    lock.lock();
    try {
      drained = queue.held() == 0 && (failure != null || inputEnded && outputEnded);
    } finally {
      lock.unlock();
    }
    if (drained) {
      leg.release(this);
    }
  }

  private boolean bothEnded() {
    lock.lock();
    try {
      return inputEnded && outputEnded;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns true the first time since the last {@link #wakeReader}; only the leg's reader calls.
   */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** Returns true once in the stream's life. */
  boolean forget() {
    return forgotten.compareAndSet(false, true);
  }

  /** Wakes whoever waits for bytes; the reader does so once for all that one read brought. */
  void wakeReader() {
    Thread waiting;
    touched = false;
    lock.lock();
    try {
      waiting = reader;
      reader = null;
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(waiting);
  }

  // ---- for the budget ---------------------------------------------------------------------------

  long held() {
    return held;
  }

  long lastReadNanos() {
    return lastReadNanos;
  }

  void evict() {
    end(Trouble.NOT_DRAINED, ResetReason.NOT_DRAINED);
  }

  // ---- Connection -------------------------------------------------------------------------------

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
    lock.lock();
    try {
      outputEnded = true;
    } finally {
      lock.unlock();
    }
    forgetIfEnded();
  }

  @Override
  public void reset() {
    reset(ResetReason.BROKEN);
  }

  /** Resets the stream and tells the peer why. */
  public void reset(ResetReason reason) {
    end(Trouble.STOPPED, reason);
  }

  private void end(Trouble trouble, ResetReason reason) {
    boolean before = bothEnded();
    if (send.theirs) {
      // Once answered this says nothing; an open that nobody answered would cost its credit for
      // ever.
      leg.writer().answer(this, new Message.Refused(RefusedReason.BUSY, "not connected"));
    }
    if (failUnread(new Failure(trouble, "the stream was reset")) && !before) {
      leg.writer().reset(this, reason);
      leg.forget(this);
    }
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
    return received;
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public Optional<Trouble> trouble() {
    return Optional.ofNullable(failure).map(Failure::trouble);
  }

  @Override
  public void onTrouble(Runnable action) {
    boolean already;
    lock.lock();
    try {
      onTrouble = action;
      already = failure != null;
    } finally {
      lock.unlock();
    }
    if (already) {
      action.run();
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

  private void forgetIfEnded() {
    if (bothEnded()) {
      leg.forget(this);
      releaseIfDrained();
    }
  }

  void checkUsable() throws IOException {
    Failure f = failure;
    if (f != null) {
      throw new IOException(f.text());
    }
  }

  /**
   * Accounts for bytes that were read, and grants more once a quarter of the window has been.
   *
   * @param done the chunk they lay in, to be recycled, or null
   */
  private void consumed(long bytes, ReceiveQueue.Chunk done) {
    long grant = 0;
    boolean over;
    lock.lock();
    try {
      if (done != null) {
        queue.recycle(done);
      }
      long now = System.nanoTime();
      lastReadNanos = now;
      held = queue.held();
      unreported += bytes;
      if (unreported >= window / 4 && !inputEnded && failure == null) {
        grant = unreported + growth(now);
        unreported = 0;
        credit += grant;
        lastGrantNanos = now;
      }
      over = inputEnded || failure != null;
    } finally {
      lock.unlock();
    }
    if (grant > 0) {
      leg.writer().grant(this, grant);
    }
    if (done != null && over) {
      releaseIfDrained();
    }
  }

  /**
   * A quarter that was read within a few round trips makes the window double; a slow reader's not.
   */
  private long growth(long now) {
    long fast = 2 * Math.max(leg.writer().roundTripNanos(), 1_000_000);
    if (now - lastGrantNanos > fast || window >= MOST_WINDOW || leg.budget().underPressure()) {
      return 0;
    }
    long growth = Math.min(window, MOST_WINDOW - window);
    window += growth;
    return growth;
  }

  /**
   * Waits until there are bytes, and returns false at the end of the stream; then the lock is held.
   */
  private boolean lockWhenReadable() throws IOException {
    for (; ; ) {
      lock.lock();
      if (failure == null && (inputEnded || !queue.isEmpty())) {
        return !queue.isEmpty();
      }
      reader = Thread.currentThread();
      lock.unlock();
      checkUsable();
      LockSupport.park(this);
    }
  }

  private final class Input extends ByteInput {
    @Override
    public int read(ByteBuffer target) throws IOException {
      int n = -1;
      boolean readable = lockWhenReadable();
      try {
        if (readable) {
          n = queue.read(target);
        }
      } finally {
        lock.unlock();
      }
      if (n > 0) {
        consumed(n, null);
        releaseIfDrained();
      }
      return n;
    }

    @Override
    public int available() {
      lock.lock();
      try {
        return queue.isEmpty() ? 0 : 1;
      } finally {
        lock.unlock();
      }
    }

    /** Hands on the chunks as they came, without another copy. */
    @Override
    public long transferTo(OutputStream out) throws IOException {
      if (!(out instanceof ByteOutput sink)) {
        return super.transferTo(out);
      }
      for (long total = 0; ; ) {
        ReceiveQueue.Chunk chain = null;
        boolean readable = lockWhenReadable();
        try {
          if (readable) {
            chain = queue.takeAll();
          }
        } finally {
          lock.unlock();
        }
        if (chain == null) {
          return total;
        }
        total += drain(chain, sink);
      }
    }

    private long drain(ReceiveQueue.Chunk chain, ByteOutput sink) throws IOException {
      long total = 0;
      ReceiveQueue.Chunk chunk = chain;
      try {
        while (chunk != null) {
          int n = chunk.bytes.remaining();
          sink.write(chunk.bytes);
          ReceiveQueue.Chunk done = chunk;
          chunk = chunk.next;
          consumed(n, done);
          total += n;
        }
        return total;
      } finally {
        dropRest(chunk);
      }
    }

    private void dropRest(ReceiveQueue.Chunk chain) {
      if (chain != null) {
        lock.lock();
        try {
          queue.recycleAll(chain);
          held = queue.held();
        } finally {
          lock.unlock();
        }
        releaseIfDrained();
      }
    }
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
