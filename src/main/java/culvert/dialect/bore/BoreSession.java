package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.NotifyingConnection;
import culvert.net.SilentPeerException;
import culvert.protocol.ByeReason;
import culvert.protocol.RefusedException;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A client's control connection. The client sends nothing after its Hello, so this side reads only
 * to detect the end of the stream. Messages to the client are queued and written by one thread.
 */
final class BoreSession implements Session {

  /** Service name of all its visitors; the protocol has no names. */
  static final String SERVICE = "bore";

  /**
   * Minimum time for opening a data channel before the client is considered dead, even if the limit
   * for the visitor is shorter.
   */
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(5);

  /** Time after an orderly end for data channels that are being opened. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** Time for a probe when another client requests the port; that client waits for 3 s. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private static final int SINK_BYTES = 256;

  private final Connection connection;
  private final JsonFrames frames;
  private final int port;
  private final PendingVisitors pending;
  private final Deadlines deadlines;

  private final ControlWriter writer;

  private final ReentrantLock lock = new ReentrantLock();

  /** Open data channels; guarded by the lock, as are the fields below. */
  private final Set<NotifyingConnection> channels = new HashSet<>();

  private long lastClaim = System.nanoTime();

  private State state = State.NEW;

  /** Whether the client is dead, and its data channels with it. */
  private boolean clientDead;

  /** Error text for a client that is rejected before it is served. */
  private String refusal;

  /** Why the session ended or is about to end; null until then, and if this side closed it. */
  private volatile IOException cause;

  private enum State {
    /** Not served yet. */
    NEW,
    /** Visitors are announced. */
    SERVING,
    /** No more visitors are announced; the session ends with its last data channel. */
    DRAINING,
    /** Ended by this side; the connection is closed or about to be. */
    CLOSED
  }

  /**
   * Creates a session that is not served yet.
   *
   * @param port the requested port; 0 for any
   */
  BoreSession(
      Connection connection,
      JsonFrames frames,
      int port,
      PendingVisitors pending,
      Deadlines deadlines) {
    this.connection = connection;
    this.frames = frames;
    this.port = port;
    this.pending = pending;
    this.deadlines = deadlines;
    this.writer = new ControlWriter(connection, frames, deadlines, this::end);
  }

  @Override
  public InetSocketAddress peer() {
    return connection.peer();
  }

  @Override
  public void serve(ServiceRegistry services) throws IOException {
    if (!startServing()) {
      sendRefusal();
      return;
    }
    KeepAlive.FAST.applyTo(connection);
    writer.start("bore " + HostPort.of(peer()) + " >");
    try {
      services.offer(this, SERVICE, port, this::handleAnswer);
      finish(readToEnd());
      if (cause instanceof EOFException) {
        // The client may be draining: new visitors find the port closed, and pending ones get time.
        services.withdraw(this, SERVICE);
        pending.await(this, GRACE);
      }
    } finally {
      connection.close();
      writer.stop();
      pending.end(this);
    }
    if (cause != null) {
      throw cause;
    }
  }

  private boolean startServing() {
    lock.lock();
    try {
      if (state != State.NEW) {
        return false;
      }
      state = State.SERVING;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Sends the reason to a client that was rejected before it was served. */
  private void sendRefusal() {
    try {
      writer.send(new ServerMessage.Error(refusal));
      connection.closeOutput();
      LingeringClose.drainAndClose(connection, deadlines);
    } catch (IOException e) {
      connection.close();
    }
  }

  private void handleAnswer(ServiceRegistry.Answer answer) {
    switch (answer) {
      case ServiceRegistry.Answer.Served served -> {
        int assigned = HostPort.parse(served.addresses().getFirst()).port();
        writer.enqueue(new ServerMessage.Hello(assigned));
        writer.enqueue(new ServerMessage.Heartbeat());
      }
      case ServiceRegistry.Answer.Declined declined -> {
        recordCause(new RefusedException(ByeReason.ERROR, declined.why()));
        writer.enqueue(new ServerMessage.Error(declined.why()));
      }
    }
  }

  /** Returns how the connection ended; bytes from the client are discarded. */
  private IOException readToEnd() {
    try {
      byte[] sink = new byte[SINK_BYTES];
      Connection rest = frames.rest();
      while (rest.input().read(sink) >= 0) {
        // bore's server does not read the connection at all.
      }
      return new EOFException("the client closed its control connection");
    } catch (IOException e) {
      return e;
    }
  }

  /**
   * Ends the session; the first reason recorded is kept. After an orderly end the client's data
   * channels continue. Those of a dead client are reset, because nothing else would notify the
   * visitors that wait for data from it.
   */
  private void finish(IOException end) {
    List<NotifyingConnection> abandoned;
    lock.lock();
    try {
      recordCause(end);
      state = State.CLOSED;
      clientDead = cause != null && !(cause instanceof EOFException);
      abandoned = clientDead ? List.copyOf(channels) : List.of();
    } finally {
      lock.unlock();
    }
    abandoned.forEach(NotifyingConnection::reset);
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    var waiting = new PendingVisitor(this, pending);
    pending.add(waiting);
    String why = announce(waiting);
    if (!why.isEmpty()) {
      pending.remove(waiting);
      throw new IOException(why);
    }
    return waiting;
  }

  /** Returns why the visitor cannot be announced; empty if it was. */
  private String announce(PendingVisitor visitor) {
    lock.lock();
    try {
      if (state != State.SERVING) {
        return "the client's session has ended or is draining";
      }
      long number = writer.announce(new ServerMessage.Connection(visitor.id()));
      visitor.setAnnouncement(number);
      return number > 0 ? "" : "too many messages to the client are queued";
    } finally {
      lock.unlock();
    }
  }

  /** Adds the data channel of a visitor of this session; returns the connection to use instead. */
  Connection addChannel(Connection channel, PendingVisitor visitor) {
    var fresh = new NotifyingConnection(channel, this::channelClosed);
    boolean alreadyDead;
    long announcement;
    lock.lock();
    try {
      channels.add(fresh);
      lastClaim = System.nanoTime();
      alreadyDead = clientDead;
      announcement = visitor.announcement();
    } finally {
      lock.unlock();
    }
    if (alreadyDead) {
      fresh.reset();
    }
    writer.confirm(announcement);
    return fresh;
  }

  private void channelClosed(NotifyingConnection channel) {
    boolean last;
    lock.lock();
    try {
      channels.remove(channel);
      last = channels.isEmpty() && state == State.DRAINING;
    } finally {
      lock.unlock();
    }
    if (last) {
      end(null);
    }
  }

  /**
   * Reports a visitor for which no data channel was opened. A client that has no data channel and
   * has opened none since the visitor was announced is considered dead: unacknowledged
   * announcements keep the system from sending keep-alive probes.
   *
   * @param announced by {@link System#nanoTime}
   */
  void reportUnclaimed(long announced) {
    if (System.nanoTime() - announced < CLAIM_LIMIT.toNanos()) {
      return;
    }
    boolean lost;
    lock.lock();
    try {
      lost = channels.isEmpty() && lastClaim - announced < 0;
    } finally {
      lock.unlock();
    }
    if (lost) {
      end(new SilentPeerException("the client opens no data channels any more"));
    }
  }

  /**
   * Probes the client, which never answers: only a write that does not complete reveals a dead
   * client. That is usually too late for the client that requests the port now, because a live but
   * distant client may take as long. A request some seconds later finds the port of a dead client
   * free.
   */
  @Override
  public void probe(Duration limit, Consumer<Boolean> answer) {
    writer.requestProbe();
    deadlines.after(PROBE_LIMIT, () -> answer.accept(isOpen()));
  }

  private boolean isOpen() {
    lock.lock();
    try {
      return state != State.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@inheritDoc} A client exits when its control connection ends and cuts its relays, so the
   * connection stays open until the last data channel ends.
   */
  @Override
  public void drain() {
    if (refuseIfNew("the server is stopping")) {
      return;
    }
    boolean idle;
    lock.lock();
    try {
      if (state == State.SERVING) {
        state = State.DRAINING;
      }
      idle = channels.isEmpty();
    } finally {
      lock.unlock();
    }
    if (idle) {
      end(null);
    }
  }

  @Override
  public void close(ByeReason reason, String why) {
    if (!refuseIfNew(why)) {
      end(null);
    }
  }

  /** Rejects a client that is not served yet, with the reason; returns whether this was one. */
  private boolean refuseIfNew(String why) {
    lock.lock();
    try {
      if (state != State.NEW) {
        return false;
      }
      state = State.CLOSED;
      refusal = why;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the session; a null cause means that this side ends it. */
  private void end(IOException why) {
    lock.lock();
    try {
      recordCause(why);
      state = State.CLOSED;
    } finally {
      lock.unlock();
    }
    connection.close();
    pending.end(this);
  }

  /** Records the cause unless an earlier one is recorded. */
  private void recordCause(IOException why) {
    lock.lock();
    try {
      if (cause == null && state != State.CLOSED) {
        cause = why;
      }
    } finally {
      lock.unlock();
    }
  }
}
