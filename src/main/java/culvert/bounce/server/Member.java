package culvert.bounce.server;

import culvert.bounce.server.MemberView.State;
import culvert.net.Connection;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/** A connection to the bounce server, from its accept to its end; before it joins a stranger. */
final class Member {

  private final long id;
  private final SocketConnection socket;
  private final MemberEvents events;
  private final AtomicReference<State> state = new AtomicReference<>(State.CONNECTED);
  private final AtomicReference<String> ending = new AtomicReference<>();
  private volatile Connection connection;
  private volatile ReadAheadInput input;
  private volatile Group group;
  private volatile boolean late;

  /** Held by whoever writes to it, and while it joins: its greeting comes before all else. */
  private final ReentrantLock output = new ReentrantLock();

  private volatile boolean written;

  /** To whom it is sending now; null most of the time. */
  private volatile Member sendingTo;

  private volatile boolean slowed;

  // Only whoever looks after slow members uses these.
  private boolean writtenBefore;

  private long sentBefore;
  private long takesNothingSinceNanos;

  /** For a connection that was just accepted. */
  Member(long id, SocketConnection socket, MemberEvents events) {
    this.id = id;
    this.socket = socket;
    this.connection = socket;
    this.events = events;
  }

  /** Counts up from 0. */
  long id() {
    return id;
  }

  /** The other end. */
  InetSocketAddress peer() {
    return socket.peer();
  }

  /** For logs and threads. */
  String name() {
    return HostPort.of(socket.peer()).toString();
  }

  /** As it is shown. */
  MemberView view() {
    Group now = group;
    return new MemberView(
        id,
        socket.peer(),
        now == null ? OptionalInt.empty() : OptionalInt.of(now.number()),
        state.get());
  }

  /** The transport's handshake is done; from now on it is read ahead. */
  void setTransport(Connection within) {
    connection = within;
    input = ReadAheadInput.of(within.input(), "member's bytes " + name());
  }

  /** The innermost one there is by now. */
  Connection connection() {
    return connection;
  }

  /** What it sends; null before {@link #setTransport}. */
  ReadAheadInput input() {
    return input;
  }

  /** What it belongs to; null before. */
  Group group() {
    return group;
  }

  /** Only {@link Groups} says so. */
  void setGroup(Group joined) {
    group = joined;
  }

  /** Its place among strangers was taken away; must not block. */
  void handshakeExpired(HandshakeLimiter.Reason reason) {
    late = reason == HandshakeLimiter.Reason.TIMEOUT;
    ReadAheadInput waiting = input;
    if (late && waiting != null) {
      // There may be something to say to it.
      waiting.wakeUp();
    } else {
      socket.close();
    }
  }

  /** Whether its time as a stranger was up. */
  boolean isTimedOut() {
    return late;
  }

  /** Says how far it is, to whoever wants to hear. */
  void setState(State now) {
    if (state.getAndSet(now) != now && !isEnded()) {
      events.changed(view());
    }
  }

  /** The first reason stands; returns false if there was one before. */
  boolean markEnded(String reason) {
    return ending.compareAndSet(null, reason);
  }

  /** Whether it is gone, for all others. */
  boolean isEnded() {
    return ending.get() != null;
  }

  /** Ends the connection, and every wait for it. */
  void close(boolean reset) {
    if (reset) {
      connection.reset();
    } else {
      connection.close();
    }
    ReadAheadInput reader = input;
    if (reader != null) {
      reader.release();
      reader.wakeUp();
    }
  }

  /** What joining it needs to say before anything else reaches it. */
  interface JoinAction {
    /** Joins; what is returned, if anything, was joined. */
    Optional<Group> join() throws InterruptedException;
  }

  /** Joins, and is greeted before the others can send to it. */
  Optional<Group> joinWithGreeting(byte[] welcome, JoinAction joining) throws InterruptedException {
    output.lock();
    try {
      Optional<Group> joined = joining.join();
      if (joined.isPresent()) {
        written = true;
        connection.output().write(welcome);
      }
      return joined;
    } catch (IOException e) {
      // It is in its group, and broken: that is found by its reader.
      return Optional.of(group);
    } finally {
      written = false;
      output.unlock();
    }
  }

  /**
   * Takes bytes from a member, in that one's thread and for as long as this one's peer needs.
   *
   * @throws IOException if this one is broken, or over
   */
  void deliver(ByteBuffer bytes, Member sender) throws IOException {
    sender.sendingTo = this;
    output.lock();
    try {
      written = true;
      connection.output().write(bytes);
    } finally {
      written = false;
      output.unlock();
      sender.sendingTo = null;
      sender.goesOn();
    }
  }

  /** What it sends waits for one that is slow. */
  private void isSlowed() {
    slowed = true;
    setState(State.WAITING);
  }

  private void goesOn() {
    if (slowed) {
      slowed = false;
      setState(State.READY);
    }
  }

  /** How long ago the first look was since when a write to it makes no progress; 0 for none. */
  long stalledNanos(long nowNanos) {
    boolean now = written;
    long sent = connection.sent();
    if (!now || !writtenBefore || sent != sentBefore) {
      takesNothingSinceNanos = nowNanos;
    }
    writtenBefore = now;
    sentBefore = sent;
    return nowNanos - takesNothingSinceNanos;
  }

  /** Has it look again at what it waits for, if it does. */
  void wakeUp() {
    ReadAheadInput waiting = input;
    if (waiting != null) {
      waiting.wakeUp();
    }
  }

  /** Shows whether it waits for one that takes nothing. */
  void updateWaitingState(long nowNanos) {
    Member slow = sendingTo;
    if (slow == null) {
      goesOn();
    } else if (!slowed && slow.takesNothingSinceNanos < nowNanos) {
      isSlowed();
    }
  }
}
