package culvert.compat.bore;

import culvert.mux.SilentPeerException;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Linger;
import culvert.net.SocketConnection;
import culvert.protocol.ByeReason;
import culvert.protocol.RefusedException;
import culvert.session.Opened;
import culvert.session.Services;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client's control connection. It says no more after its hello, so that this side reads it for
 * nothing but its end. What this side says is queued, for one thread to write.
 */
final class BoreSession implements Session {

  /** What its visitors are said to visit: the wire has no names. */
  static final String SERVICE = "bore";

  /**
   * The system finds a dead peer by asking, which it does only while all that was sent is
   * acknowledged. So heartbeats are rare, and between two there is time enough to ask.
   */
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  /**
   * One that dies shortly before a heartbeat would not be asked any more. So a heartbeat is said so
   * often that a small send buffer cannot take it all, and is only through when the peer has
   * acknowledged some: of Linux's smallest buffer six take all there is. It is still less than bore
   * says in that time.
   */
  private static final int BEATS = 16;

  /**
   * A client that claims no visitor for so long after one was announced may be dead, and then the
   * announcement itself keeps the system from asking. It is looked at as often, so that twice as
   * long may pass.
   */
  private static final Duration DOUBT = Duration.ofSeconds(2);

  /**
   * What a dead client's system never takes, in so many pieces: while something is under way that
   * is not acknowledged Linux joins small messages to one segment of up to 64 KiB, whatever the
   * send buffer. A live one has it soon, also when it is far.
   */
  private static final int DOUBT_PIECES = 100;

  private static final int DOUBT_BEATS = 64;
  private static final int DOUBT_BUFFER = 16 * 1024;

  private static final int SMALLEST_BUFFER = 1;
  private static final int USUAL_BUFFER = 128 * 1024;

  private static final Duration PROBE_IDLE = Duration.ofSeconds(3);
  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);
  private static final int PROBES = 3;

  /** For a message to leave; a client that takes none for so long is lost. */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  /** For the client to close once it was told why it gets nothing. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private static final int SINK_BYTES = 256;

  private final Connection connection;
  private final Frames frames;
  private final int port;
  private final PendingVisitors pending;
  private final Deadlines deadlines;

  /** Bounded by the visitors that may be pending. */
  private final BlockingQueue<ServerMessage> outgoing = new LinkedBlockingQueue<>();

  private final ReentrantLock lock = new ReentrantLock();

  /** The data channels that there are; the lock guards it and all that follows. */
  private final Set<DataChannel> channels = new HashSet<>();

  private long lastClaim = System.nanoTime();

  /** Whether a visitor was announced since the last sign of life, and when the first was. */
  private boolean unanswered;

  private long unansweredNanos;
  private State state = State.NEW;

  /** What one that is not let in hears. */
  private String refusal;

  /** Why it ended or is about to; null if it was closed from this side, and until then. */
  private IOException cause;

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
      Frames frames,
      int port,
      PendingVisitors pending,
      Deadlines deadlines) {
    this.connection = connection;
    this.frames = frames;
    this.port = port;
    this.pending = pending;
    this.deadlines = deadlines;
  }

  @Override
  public InetSocketAddress peer() {
    return connection.peer();
  }

  @Override
  public void serve(Services services) throws IOException {
    if (!begins()) {
      lastWords();
      return;
    }
    if (connection.lowest() instanceof SocketConnection socket) {
      socket.keepAlive(PROBE_IDLE, PROBE_INTERVAL, PROBES);
    }
    Thread writer =
        Thread.ofVirtual().name("bore " + HostPort.of(peer()) + " >").start(this::write);
    try {
      services.offer(this, SERVICE, port, this::answered);
      readToEnd();
    } catch (EOFException e) {
      // What it carries may go on: its client may be draining.
      throw e;
    } catch (IOException e) {
      cut();
      throw e;
    } finally {
      over();
      writer.interrupt();
      join(writer);
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
      say(new ServerMessage.Error(refusal));
      connection.closeOutput();
      Linger.untilPeerCloses(connection, deadlines);
    } catch (IOException e) {
      connection.close();
    }
  }

  private void answered(Services.Answer answer) {
    switch (answer) {
      case Services.Answer.Taken taken -> {
        int taking = HostPort.parse(taken.addresses().getFirst()).port();
        outgoing.add(new ServerMessage.Hello(taking));
        outgoing.add(new ServerMessage.Heartbeat());
      }
      case Services.Answer.Declined declined -> {
        blame(new RefusedException(ByeReason.ERROR, declined.why()));
        outgoing.add(new ServerMessage.Error(declined.why()));
      }
    }
  }

  /** It has no other end than that of its connection. */
  private void readToEnd() throws IOException {
    IOException end = new EOFException("the client closed its control connection");
    try {
      byte[] sink = new byte[SINK_BYTES];
      Connection rest = frames.rest();
      while (rest.input().read(sink) >= 0) {
        // Bore's server does not even read it.
      }
    } catch (IOException e) {
      end = e;
    }
    lock.lock();
    try {
      if (cause != null) {
        throw cause;
      }
      if (state != State.CLOSED) {
        throw end;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The client is dead: nobody else would tell those who wait for it. */
  private void cut() {
    List<DataChannel> dead;
    lock.lock();
    try {
      dead = List.copyOf(channels);
    } finally {
      lock.unlock();
    }
    dead.forEach(DataChannel::reset);
  }

  private void over() {
    lock.lock();
    try {
      state = State.CLOSED;
    } finally {
      lock.unlock();
    }
    connection.close();
    pending.end(this);
  }

  /** In a thread of its own: a client that reads nothing keeps nobody waiting but this. */
  private void write() {
    try {
      for (long due = System.nanoTime() + HEARTBEAT.toNanos(); ; ) {
        long wait = Math.min(due - System.nanoTime(), DOUBT.toNanos());
        ServerMessage next = outgoing.poll(wait, TimeUnit.NANOSECONDS);
        if (next != null) {
          say(next);
        }
        if (next instanceof ServerMessage.Error) {
          connection.closeOutput();
          deadlines.after(CLOSE_LIMIT, connection::close);
          return;
        }
        if (isDoubtful()) {
          insist();
        }
        // Also while visitors keep coming.
        if (System.nanoTime() - due >= 0) {
          beat();
          due = System.nanoTime() + HEARTBEAT.toNanos();
        }
      }
    } catch (IOException e) {
      end(e);
    } catch (InterruptedException e) {
      // The session is over.
    }
  }

  private void beat() throws IOException {
    sendBuffer(SMALLEST_BUFFER);
    for (int i = 0; i < BEATS; i++) {
      say(new ServerMessage.Heartbeat());
    }
    sendBuffer(USUAL_BUFFER);
  }

  private boolean isDoubtful() {
    lock.lock();
    try {
      return unanswered && System.nanoTime() - unansweredNanos >= DOUBT.toNanos();
    } finally {
      lock.unlock();
    }
  }

  /** Returns only if the client acknowledges what it is told. */
  private void insist() throws IOException {
    var piece = new ServerMessage[DOUBT_BEATS];
    Arrays.fill(piece, new ServerMessage.Heartbeat());
    sendBuffer(DOUBT_BUFFER);
    for (int i = 0; i < DOUBT_PIECES; i++) {
      say(piece);
    }
    sendBuffer(USUAL_BUFFER);
    acknowledged();
  }

  /** A sign of life: what was announced so far is in good hands. */
  private void acknowledged() {
    lock.lock();
    try {
      unanswered = false;
    } finally {
      lock.unlock();
    }
  }

  private void sendBuffer(int bytes) throws IOException {
    if (connection.lowest() instanceof SocketConnection socket) {
      socket.sendBuffer(bytes);
    }
  }

  private void say(ServerMessage... messages) throws IOException {
    var deadline =
        deadlines.after(
            WRITE_LIMIT, () -> end(new SilentPeerException("it takes no messages any more")));
    try {
      frames.write(messages);
    } finally {
      deadline.cancel();
    }
  }

  private static void join(Thread writer) {
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Opened open(Visitor visitor) throws IOException {
    var waiting = new PendingVisitor(this, pending);
    pending.add(waiting);
    lock.lock();
    try {
      if (state != State.SERVING) {
        pending.remove(waiting);
        throw new IOException("the client's session is over or draining");
      }
      outgoing.add(new ServerMessage.Connection(waiting.id()));
      if (!unanswered) {
        unanswered = true;
        unansweredNanos = System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
    return waiting;
  }

  /** A data channel of this session's has come; returns what to use instead. */
  Connection begin(Connection channel) {
    var fresh = new DataChannel(channel, this::channelOver);
    lock.lock();
    try {
      channels.add(fresh);
      lastClaim = System.nanoTime();
      unanswered = false;
    } finally {
      lock.unlock();
    }
    return fresh;
  }

  private void channelOver(DataChannel channel) {
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

  /** A client ends when its control connection does, and cuts what it carries. */
  @Override
  public void drain() {
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
    lock.lock();
    try {
      if (state == State.NEW) {
        state = State.CLOSED;
        refusal = why;
        return;
      }
    } finally {
      lock.unlock();
    }
    end(null);
  }

  /** Ends it; null is from this side. */
  private void end(IOException why) {
    blame(why);
    lock.lock();
    try {
      state = State.CLOSED;
    } finally {
      lock.unlock();
    }
    connection.close();
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
