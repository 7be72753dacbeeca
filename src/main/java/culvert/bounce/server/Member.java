package culvert.bounce.server;

import culvert.bounce.server.MemberView.State;
import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection to the bounce server, from accept to end. Until it joins a group, it is subject to
 * the limits for unauthenticated connections.
 */
final class Member {

  /** For the last message to a member that leaves or is refused. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final long id;
  private final SocketConnection socket;
  private final MemberEvents events;
  private final AtomicReference<State> state = new AtomicReference<>(State.CONNECTED);
  private final AtomicReference<String> disconnectReason = new AtomicReference<>();
  private volatile Connection connection;
  private volatile ReadAheadInput input;
  private volatile Group group;
  private volatile boolean isTimedOut;

  /**
   * Serialises writes to this member. Also held while the member joins, so that its greeting is
   * sent before data from the group.
   */
  private final ReentrantLock output = new ReentrantLock();

  private volatile boolean isWriteInProgress;

  /** The member this one is writing to, or null. */
  private volatile Member receiver;

  private volatile boolean isWaiting;

  // Used only by the periodic check for slow members.
  private boolean wasWriteInProgress;

  private long lastSent;
  private long stalledSinceNanos;

  /** Creates a member for a connection that was just accepted. */
  Member(long id, SocketConnection socket, MemberEvents events) {
    this.id = id;
    this.socket = socket;
    this.connection = socket;
    this.events = events;
  }

  /** Returns the id, which counts up from 0. */
  long id() {
    return id;
  }

  /** Returns the remote address. */
  InetSocketAddress peer() {
    return socket.peer();
  }

  /** Returns the remote address as text, for log lines and thread names. */
  String name() {
    return HostPort.of(socket.peer()).toString();
  }

  /** Returns a snapshot. */
  MemberView view() {
    Group now = group;
    return new MemberView(
        id,
        socket.peer(),
        now == null ? OptionalInt.empty() : OptionalInt.of(now.number()),
        state.get());
  }

  /**
   * Sets the connection that the transport's handshake has produced, and starts reading ahead, into
   * a buffer of the pool. The caller calls {@link #closeInput} at the end.
   */
  void setTransport(Connection transport, BufferPool pool) {
    connection = transport;
    input = ReadAheadInput.of(transport.input(), pool, "member input " + name());
  }

  /** Returns the connection of the transport, or the socket's before the transport's handshake. */
  Connection connection() {
    return connection;
  }

  /** Returns the bytes the member sends; null before {@link #setTransport}. */
  ReadAheadInput input() {
    return input;
  }

  /** Returns the group it has joined, or null. */
  Group group() {
    return group;
  }

  /** Sets the group; called only by {@link Groups}. */
  void setGroup(Group joined) {
    group = joined;
  }

  /**
   * Ends the handshake after the limiter has withdrawn its slot. Never blocks. After a timeout the
   * member's thread has a second to send a refusal, because the peer may not read; after an
   * eviction the connection is closed at once.
   */
  void handshakeExpired(HandshakeLimiter.Reason reason, Deadlines deadlines) {
    isTimedOut = reason == HandshakeLimiter.Reason.TIMEOUT;
    ReadAheadInput reader = input;
    if (isTimedOut && reader != null) {
      reader.wakeUp();
      deadlines.after(CLOSE_LIMIT, this::closeUnlessJoined);
    } else {
      socket.close();
    }
  }

  private void closeUnlessJoined() {
    if (group == null) {
      socket.close();
    }
  }

  /** Returns whether the handshake has timed out. */
  boolean isTimedOut() {
    return isTimedOut;
  }

  /** Sets the state, and reports a change unless the member has ended. */
  void setState(State next) {
    if (state.getAndSet(next) != next && !isEnded()) {
      events.changed(view());
    }
  }

  /** Marks the member as ended. The first reason is kept; returns false if there was one before. */
  boolean markEnded(String reason) {
    return disconnectReason.compareAndSet(null, reason);
  }

  /** Returns whether the member has ended. */
  boolean isEnded() {
    return disconnectReason.get() != null;
  }

  /**
   * Sends the end of the output, after a write in progress; closes the connection after a second.
   */
  void closeOutput(Deadlines deadlines) {
    var limit = deadlines.after(CLOSE_LIMIT, connection::close);
    output.lock();
    try {
      connection.closeOutput();
    } catch (IOException e) {
      // The peer has closed already, or does not read.
    } finally {
      output.unlock();
      limit.cancel();
    }
  }

  /**
   * Closes or abandons the connection, and wakes up the thread that waits for its input.
   *
   * @param reset whether the peer sees a reset, unless this side has ended its output before
   */
  void close(boolean reset) {
    if (reset) {
      connection.abandon();
    } else {
      connection.close();
    }
    ReadAheadInput reader = input;
    if (reader != null) {
      reader.release();
      reader.wakeUp();
    }
  }

  /** Gives the buffer of a closed connection back; only the member's own thread calls it. */
  void closeInput() {
    ReadAheadInput reader = input;
    if (reader != null) {
      reader.close();
    }
  }

  /** Adds the member to a group. */
  interface JoinAction {
    /** Joins a group; returns empty if the member was refused. */
    Optional<Group> join() throws InterruptedException;
  }

  /** Joins a group and sends the greeting before other members can send to this one. */
  Optional<Group> joinWithGreeting(byte[] welcome, JoinAction joining) throws InterruptedException {
    output.lock();
    try {
      Optional<Group> joined = joining.join();
      if (joined.isPresent()) {
        isWriteInProgress = true;
        connection.output().write(welcome);
      }
      return joined;
    } catch (IOException e) {
      // The member has joined, but its connection failed; its reader will find that out.
      return Optional.of(group);
    } finally {
      isWriteInProgress = false;
      output.unlock();
    }
  }

  /**
   * Starts a delivery of several calls by the sender's thread: until {@link #endDelivery} no other
   * thread writes to this member. Blocks until the delivery of another sender has ended.
   */
  void beginDelivery(Member sender) {
    sender.receiver = this;
    output.lock();
  }

  /** Ends a delivery that {@link #beginDelivery} of this thread has started. */
  void endDelivery() {
    output.unlock();
  }

  /**
   * Writes bytes from another member to this one. Runs in the sender's thread and blocks until this
   * member's connection has accepted the bytes.
   *
   * @throws IOException if this member's connection failed or was closed
   */
  void deliver(ByteBuffer bytes, Member sender) throws IOException {
    deliver(
        sender,
        () -> {
          connection.output().write(bytes);
          return true;
        });
  }

  /**
   * Writes bytes from another member as {@link ByteOutput#writeSome} does; the caller delivers the
   * rest.
   */
  boolean deliverSome(ByteBuffer bytes, Member sender) throws IOException {
    return deliver(sender, () -> connection.output().writeSome(bytes));
  }

  private interface Write {
    boolean run() throws IOException;
  }

  private boolean deliver(Member sender, Write write) throws IOException {
    sender.receiver = this;
    output.lock();
    try {
      isWriteInProgress = true;
      return write.run();
    } finally {
      isWriteInProgress = false;
      output.unlock();
      sender.receiver = null;
      sender.stopWaiting();
    }
  }

  /** Shows that the bytes this member sends wait for a slow one. */
  private void startWaiting() {
    isWaiting = true;
    setState(State.WAITING);
  }

  private void stopWaiting() {
    if (isWaiting) {
      isWaiting = false;
      setState(State.READY);
    }
  }

  /**
   * Returns how long a write to this member has made no progress, measured from the first check
   * that found it stalled; 0 if none is stalled. Called only by the periodic check.
   */
  long stalledNanos(long nowNanos) {
    boolean isWriting = isWriteInProgress;
    long sent = connection.sent();
    if (!isWriting || !wasWriteInProgress || sent != lastSent) {
      stalledSinceNanos = nowNanos;
    }
    wasWriteInProgress = isWriting;
    lastSent = sent;
    return nowNanos - stalledSinceNanos;
  }

  /** Makes the thread that waits for this member's input check its conditions again. */
  void wakeUp() {
    ReadAheadInput reader = input;
    if (reader != null) {
      reader.wakeUp();
    }
  }

  /** Shows whether this member waits for one that is stalled. Called only by the periodic check. */
  void updateWaitingState(long nowNanos) {
    Member slow = receiver;
    if (slow == null) {
      stopWaiting();
    } else if (!isWaiting && slow.stalledSinceNanos < nowNanos) {
      startWaiting();
    }
  }
}
