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
 * A client's control connection. It says no more after its hello, so that this side reads it for
 * nothing but its end. What this side says is queued, for one thread to write.
 */
final class BoreSession implements Session {

  /** What its visitors are said to visit: the wire has no names. */
  static final String SERVICE = "bore";

  /** A client has at least so long for a data channel, however impatient the visitor is. */
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(5);

  /** After an orderly end, for data channels that were on their way. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** For a sign of life while another wants the port; the other waits for three seconds. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private static final int SINK_BYTES = 256;

  private final Connection connection;
  private final JsonFrames frames;
  private final int port;
  private final PendingVisitors pending;
  private final Deadlines deadlines;

  private final ControlWriter writer;

  private final ReentrantLock lock = new ReentrantLock();

  /** The data channels that there are; the lock guards it and all that follows. */
  private final Set<NotifyingConnection> channels = new HashSet<>();

  private long lastClaim = System.nanoTime();

  private State state = State.NEW;

  /** Whether the client is dead, and its data channels with it. */
  private boolean cut;

  /** What one that is not let in hears. */
  private String refusal;

  /** Why it ended or is about to; null if it was closed from this side, and until then. */
  private volatile IOException cause;

  private enum State {
    /** Not served yet. */
    NEW,
    /** Visitors are announced. */
    SERVING,
    /** No visitor is announced any more; it ends with its last data channel. */
    DRAINING,
    /** Ended from this side; the connection is closed, or is about to be. */
    CLOSED
  }

  /**
   * Not serving yet.
   *
   * @param port the one it asks for; 0 for any
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
    if (!begins()) {
      lastWords();
      return;
    }
    KeepAlive.FAST.applyTo(connection);
    writer.start("bore " + HostPort.of(peer()) + " >");
    try {
      services.offer(this, SERVICE, port, this::answered);
      over(readToEnd());
      if (cause instanceof EOFException) {
        // It may be draining: those who come now find the port closed, and those before have time.
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

  private boolean begins() {
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

  /** Of one that was not let in. */
  private void lastWords() {
    try {
      writer.say(new ServerMessage.Error(refusal));
      connection.closeOutput();
      LingeringClose.drainAndClose(connection, deadlines);
    } catch (IOException e) {
      connection.close();
    }
  }

  private void answered(ServiceRegistry.Answer answer) {
    switch (answer) {
      case ServiceRegistry.Answer.Served taken -> {
        int taking = HostPort.parse(taken.addresses().getFirst()).port();
        writer.tell(new ServerMessage.Hello(taking));
        writer.tell(new ServerMessage.Heartbeat());
      }
      case ServiceRegistry.Answer.Declined declined -> {
        blame(new RefusedException(ByeReason.ERROR, declined.why()));
        writer.tell(new ServerMessage.Error(declined.why()));
      }
    }
  }

  /** Returns how the connection ended: the client has no other word. */
  private IOException readToEnd() {
    try {
      byte[] sink = new byte[SINK_BYTES];
      Connection rest = frames.rest();
      while (rest.input().read(sink) >= 0) {
        // Bore's server does not even read it.
      }
      return new EOFException("the client closed its control connection");
    } catch (IOException e) {
      return e;
    }
  }

  /**
   * Ends, for this reason if there was none before. What a client carries goes on that ended in
   * order. A dead one's data channels are as dead, and nobody else would tell those who wait for
   * it.
   */
  private void over(IOException end) {
    List<NotifyingConnection> dead;
    lock.lock();
    try {
      blame(end);
      state = State.CLOSED;
      cut = cause != null && !(cause instanceof EOFException);
      dead = cut ? List.copyOf(channels) : List.of();
    } finally {
      lock.unlock();
    }
    dead.forEach(NotifyingConnection::reset);
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

  /** Returns why it cannot; the empty text if it can. */
  private String announce(PendingVisitor visitor) {
    lock.lock();
    try {
      if (state != State.SERVING) {
        return "the client's session is over or draining";
      }
      long number = writer.announce(new ServerMessage.Connection(visitor.id()));
      visitor.announced(number);
      return number > 0 ? "" : "the client is too slow to hear of more visitors";
    } finally {
      lock.unlock();
    }
  }

  /** The data channel of a visitor of this session's has come; returns what to use instead. */
  Connection begin(Connection channel, PendingVisitor visitor) {
    var fresh = new NotifyingConnection(channel, this::channelOver);
    boolean late;
    long announcement;
    lock.lock();
    try {
      channels.add(fresh);
      lastClaim = System.nanoTime();
      late = cut;
      announcement = visitor.announcement();
    } finally {
      lock.unlock();
    }
    if (late) {
      fresh.reset();
    }
    writer.lives(announcement);
    return fresh;
  }

  private void channelOver(NotifyingConnection channel) {
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
   * No data channel came for a visitor. A client that has none at all and opened none since the
   * visitor was announced is lost: announcements under way keep the system from asking it.
   *
   * @param announced by {@link System#nanoTime}
   */
  void unclaimed(long announced) {
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
      end(new SilentPeerException("it opens no data channels any more"));
    }
  }

  /**
   * Nobody answers; but a write that does not end tells, mostly not whoever asks now: a far client
   * that lives may need as long. Who asks again a few seconds later finds a dead one gone.
   */
  @Override
  public void probe(Duration limit, Consumer<Boolean> answer) {
    writer.doubt();
    deadlines.after(PROBE_LIMIT, () -> answer.accept(isThere()));
  }

  private boolean isThere() {
    lock.lock();
    try {
      return state != State.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  /** A client ends when its control connection does, and cuts what it carries. */
  @Override
  public void drain() {
    if (turnedAway("the server is stopping")) {
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
    if (!turnedAway(why)) {
      end(null);
    }
  }

  /** One that is not served yet hears why it will not be; returns whether it is one. */
  private boolean turnedAway(String why) {
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

  /** Ends it; null is from this side. */
  private void end(IOException why) {
    lock.lock();
    try {
      blame(why);
      state = State.CLOSED;
    } finally {
      lock.unlock();
    }
    connection.close();
    pending.end(this);
  }

  /** The first reason holds. */
  private void blame(IOException why) {
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
