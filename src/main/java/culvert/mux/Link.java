package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.SilentPeerException;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** One connection that carries a session's messages and many streams; see the package. */
public final class Link implements AutoCloseable {

  /** Which side of a link opens streams. */
  public enum Side {
    /** The remote side: visitors come here, so streams begin here. */
    OPENS,
    /** The origin side. */
    TAKES
  }

  /** What the link tells its session. Called by the link's reader: must not write, dial or wait. */
  public interface Events {
    /** The peer opened a stream, which must be answered exactly once. */
    void opened(MuxStream stream, Message.Open open);

    /**
     * A message of the session that is not the link's own business.
     *
     * @throws ProtocolException if it may not come now
     */
    void message(Message message) throws ProtocolException;
  }

  /**
   * What a link shares with the others of its process.
   *
   * @param pool where its buffers come from
   * @param budget what its streams may hold together with all others
   * @param deadlines ends what takes too long
   * @param heartbeat when a silent peer is asked, and when it is given up
   * @param maxWindow bytes that a stream may hold, {@value MuxStream#FIRST_WINDOW} at least
   * @param lateFrames counts frames that came for streams already over, which is no fault
   */
  public record Shared(
      BufferPool pool,
      MemoryBudget budget,
      Deadlines deadlines,
      Heartbeat heartbeat,
      int maxWindow,
      LongAdder lateFrames) {}

  /** Message of failures caused by the end of the link. */
  static final String LOST = "the link was lost";

  /** For the last words, and what goes before them. */
  private static final Duration BYE_TIMEOUT = Duration.ofSeconds(3);

  /** The same where the last bytes of complete streams are on their way, and how often again. */
  private static final Duration PROGRESS_TIMEOUT = Duration.ofSeconds(10);

  private static final int MAX_EXTENSIONS = 12;

  private final Connection connection;
  private final Side side;
  private final Handshake.Self mine;
  private final Handshake.Peer peer;
  private final Shared shared;
  private final Events events;
  private final LinkWriter writer;
  private final LivenessMonitor monitor;
  private final ConcurrentHashMap<Long, MuxStream> streams = new ConcurrentHashMap<>();

  /** Also streams without an id yet, and those that are over but hold bytes that nobody read. */
  private final Set<MuxStream> all = ConcurrentHashMap.newKeySet();

  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean finishing;
  private volatile boolean closing;
  private volatile boolean ended;
  private final AtomicReference<Deadlines.Deadline> closer = new AtomicReference<>(() -> {});

  /**
   * A link over a connection whose handshake is done.
   *
   * @param mine what this side granted in the handshake
   * @param peer what the other side granted
   */
  public Link(
      Connection connection,
      Side side,
      Handshake.Self mine,
      Handshake.Peer peer,
      Shared shared,
      Events events) {
    this.connection = connection;
    this.side = side;
    this.mine = mine;
    this.peer = peer;
    this.shared = shared;
    this.events = events;
    this.writer = new LinkWriter(this, Math.min(mine.opens(), peer.opens()));
    this.monitor = new LivenessMonitor(connection, writer, shared);
  }

  /**
   * Reads until the link ends, in the calling thread; afterwards every stream has failed and the
   * connection is closed. Returns normally only if {@link #close} or {@link #finish} ended it.
   *
   * @throws RefusedException if the peer said why it ended the link
   * @throws SilentPeerException if the peer has given no sign of life for too long
   * @throws ProtocolException if the peer broke the rules; it has been told
   * @throws IOException if the connection broke or ended
   */
  public void run() throws IOException {
    shared.budget().add(this);
    Thread writerThread =
        Threads.start("link writer " + HostPort.of(connection.peer()), writer::run);
    var watching = monitor.start();
    try {
      new LinkReader(this).run();
    } catch (ProtocolException e) {
      sendBye(new Message.Bye(ByeReason.PROTOCOL, e.getMessage()));
      throw e;
    } catch (IOException e) {
      if (!closing) {
        throw cause(e);
      }
    } finally {
      watching.cancel();
      end(writerThread);
      monitor.rethrowBug();
    }
  }

  /** What the peer said itself tells more than a write that failed because it had hung up. */
  private IOException cause(IOException ofReader) {
    if (ofReader instanceof RefusedException) {
      return ofReader;
    }
    return monitor.failure().map(IOException.class::cast).or(writer::failure).orElse(ofReader);
  }

  private void end(Thread writerThread) {
    closer.get().cancel();
    // First the flag, then the sweep: an open in between sees one or is seen by the other.
    ended = true;
    failStreams(closing ? CloseCause.STOPPED : CloseCause.LINK_LOST);
    writer.end();
    connection.close();
    leaveBudgetIfDone();
    join(writerThread);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void failStreams(CloseCause trouble) {
    for (MuxStream stream : streams()) {
      stream.fail(trouble, LOST);
      unregister(stream);
    }
  }

  /**
   * Begins a stream. Nothing is written before its first payload or {@link MuxStream#awaitAnswer},
   * so that both can share a write.
   *
   * @throws IOException if the peer's bound on streams is reached or the link has ended
   */
  public MuxStream open(Message.Open message) throws IOException {
    int most = maxStreams();
    if (open.incrementAndGet() > most) {
      streamClosed();
      throw new IOException("the session has " + most + " streams, which is its bound");
    }
    MuxStream stream = new MuxStream(this, message);
    all.add(stream);
    if (ended || closing || finishing) {
      stream.fail(CloseCause.LINK_LOST, LOST);
      unregister(stream);
      throw new IOException(finishing ? "the session is draining" : LOST);
    }
    return stream;
  }

  /** Queues a message of the session; never blocks. */
  public void send(Message message) throws ProtocolException {
    writer.message(message);
  }

  /**
   * Ends the link and tells the peer why; streams are lost, but what those that are complete have
   * sent arrives first. Does not wait.
   */
  public void close(ByeReason reason, String text) {
    close(reason, text, 0);
  }

  private void close(ByeReason reason, String text, int extensions) {
    closing = true;
    failStreams(CloseCause.STOPPED);
    writer.byeAfterPayload(new Message.Bye(reason, text));
    closeLater(extensions);
  }

  /**
   * Closes the connection once the peer had its time, which goes on while it takes what it has not.
   */
  private void closeLater(int extensions) {
    boolean owing = extensions > 0 && writer.hasUnacknowledged();
    long before = writer.progress();
    Runnable close =
        () -> {
          if (owing && !ended && writer.progress() != before) {
            closeLater(extensions - 1);
          } else {
            connection.close();
          }
        };
    closer
        .getAndSet(shared.deadlines().after(owing ? PROGRESS_TIMEOUT : BYE_TIMEOUT, close))
        .cancel();
    if (ended) {
      closer.get().cancel();
    }
  }

  /**
   * Begins no stream any more, and ends the link once the last one is over. Does not wait; returns
   * whether there is something to wait for: streams, or bytes of theirs on their way.
   */
  public boolean finish() {
    finishing = true;
    boolean busy = open.get() > 0 || writer.hasUnacknowledged();
    closeIfFinished();
    return busy;
  }

  private void closeIfFinished() {
    if (finishing && !closing && open.get() == 0) {
      close(ByeReason.STOPPING, "drained", MAX_EXTENSIONS);
    }
  }

  /**
   * Asks the peer for a sign of life.
   *
   * @param answer hears, from the watchdog and once the limit has passed, whether one came; must
   *     not block
   */
  public void probe(Duration limit, Consumer<Boolean> answer) {
    monitor.probe(limit, answer);
  }

  /** Whether the peer was asked something a moment ago and nothing has come since. */
  public boolean isQuiet() {
    return monitor.isQuiet();
  }

  @Override
  public void close() {
    close(ByeReason.STOPPING, "stopping");
  }

  /** Streams that have begun and not ended. */
  public int openStreams() {
    return open.get();
  }

  /** The connection below. */
  public Connection connection() {
    return connection;
  }

  /** The peer hears our last words before the connection closes over its unread bytes. */
  private void sendBye(Message.Bye bye) {
    writer.bye(bye);
    LingeringClose.drainAndClose(connection, shared.deadlines());
  }

  // For the link's parts.

  LinkWriter writer() {
    return writer;
  }

  BufferPool pool() {
    return shared.pool();
  }

  MemoryBudget budget() {
    return shared.budget();
  }

  Events events() {
    return events;
  }

  Side side() {
    return side;
  }

  int opensGranted() {
    return mine.opens();
  }

  int maxStreams() {
    return Math.min(mine.streams(), peer.streams());
  }

  int maxWindow() {
    return shared.maxWindow();
  }

  int streamsGranted() {
    return mine.streams();
  }

  Collection<MuxStream> streams() {
    return all;
  }

  MuxStream stream(long id) {
    return streams.get(id);
  }

  /** The peer opened a stream. */
  MuxStream acceptStream(long id) {
    open.incrementAndGet();
    MuxStream stream = new MuxStream(this, id);
    streams.put(id, stream);
    all.add(stream);
    return stream;
  }

  /** One of our streams has got its id. */
  void register(MuxStream stream) {
    streams.put(stream.id(), stream);
  }

  void unregister(MuxStream stream) {
    if (stream.markUnregistered()) {
      streams.remove(stream.id());
      streamClosed();
    }
  }

  private void streamClosed() {
    open.decrementAndGet();
    closeIfFinished();
  }

  /** A stream is over and all its bytes were read or dropped. */
  void release(MuxStream stream) {
    all.remove(stream);
    leaveBudgetIfDone();
  }

  private void leaveBudgetIfDone() {
    if (ended && all.isEmpty()) {
      shared.budget().remove(this);
    }
  }

  void countLateFrame() {
    shared.lateFrames().increment();
  }
}
