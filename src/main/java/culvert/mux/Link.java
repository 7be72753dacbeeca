package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Flow;
import culvert.net.SilentPeerException;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The connection between the halves: carries a session's messages and many streams. */
public final class Link implements AutoCloseable {

  /** Which side of a link opens streams. */
  public enum Side {
    /** The remote side, which accepts visitors and opens a stream for each. */
    OPENS,
    /** The origin side, which accepts streams. */
    TAKES
  }

  /**
   * Receives the events of a link. The link's reader calls every method, which must not write, dial
   * or block.
   */
  public interface Events {
    /** The peer opened a stream; it must be answered exactly once. */
    void opened(MuxStream stream, Message.Open open);

    /**
     * The peer opened a flow. The receiver of events limits the number of flows: it closes one for
     * each that is too many.
     *
     * @return receives the flow's datagrams
     */
    Flow.Receiver flowOpened(MuxFlow flow, Message.OpenFlow open);

    /**
     * A message of the session was received.
     *
     * @throws ProtocolException if it is not allowed now
     */
    void message(Message message) throws ProtocolException;
  }

  /**
   * Objects that all links of a process share.
   *
   * @param pool lends buffers, and limits the memory of all streams by its budget
   * @param eviction resets streams beyond that limit
   * @param deadlines runs timers
   * @param heartbeat when a PING is sent and when the peer is considered dead
   * @param maxWindow maximum window of a stream in bytes, at least {@value MuxStream#FIRST_WINDOW}
   * @param lateFrames counts frames for streams that have ended, which are not an error
   * @param droppedDatagrams counts datagrams dropped because too many waited to be sent
   */
  public record Shared(
      BufferPool pool,
      StreamEviction eviction,
      Deadlines deadlines,
      Heartbeat heartbeat,
      int maxWindow,
      LongAdder lateFrames,
      LongAdder droppedDatagrams) {}

  /** Message of failures caused by the end of the link. */
  static final String LOST = "the link was lost";

  private final Connection connection;
  private final Side side;
  private final Handshake.Local mine;
  private final Handshake.Peer peer;
  private final Shared shared;
  private final Events events;
  private final LinkWriter writer;
  private final LivenessTimer liveness;
  private final LinkStreams streams;
  private final LinkFlows flows;
  private final LinkCloser closer;
  private volatile boolean ended;

  /**
   * Creates a link on a connection after its handshake.
   *
   * @param mine limits that this side granted in the handshake
   * @param peer limits that the peer granted
   */
  public Link(
      Connection connection,
      Side side,
      Handshake.Local mine,
      Handshake.Peer peer,
      Shared shared,
      Events events) {
    this.connection = connection;
    this.side = side;
    this.mine = mine;
    this.peer = peer;
    this.shared = shared;
    this.events = events;
    this.streams = new LinkStreams(this, maxStreams());
    this.flows = new LinkFlows(this, peer.features());
    this.writer = new LinkWriter(this, Math.min(mine.opens(), peer.opens()));
    this.closer = new LinkCloser(this, shared.deadlines());
    this.liveness = new LivenessTimer(connection, writer, shared);
  }

  /**
   * Reads until the link ends, in the calling thread; afterwards every stream has failed and the
   * connection is closed. Returns normally only if {@link #close} or {@link #finish} ended it.
   *
   * @throws PeerRefusedException if the peer ended the link with a reason
   * @throws SilentPeerException if the heartbeat timeout passed
   * @throws ProtocolException if the peer violated the protocol; a BYE was sent
   * @throws IOException if the connection broke or ended
   */
  public void run() throws IOException {
    new LinkRun(this, shared, liveness, closer).run();
  }

  /**
   * Opens a stream. Its OPEN is written with the first payload or by {@link MuxStream#awaitAnswer},
   * so that both can share a write.
   *
   * @throws IOException if the maximum number of streams is reached, the rest is reserved for other
   *     services, or the link has ended
   */
  public MuxStream open(Message.Open message) throws IOException {
    MuxStream stream = streams.open(message);
    if (isOver()) {
      stream.lose(CloseCause.LINK_LOST, LOST);
      throw over();
    }
    stream.opensAtOnce(writer.requestOpen(stream));
    return stream;
  }

  /**
   * Opens a flow. Its OPEN_FLOW is written with the first datagram. Does not block.
   *
   * @param receiver receives its datagrams; called by the link's reader
   * @throws IOException if the peer does not support flows, or the link has ended or is draining
   */
  public MuxFlow openFlow(Message.OpenFlow message, Flow.Receiver receiver) throws IOException {
    MuxFlow flow = flows.open(message, receiver);
    if (isOver()) {
      flow.close(CloseCause.LINK_LOST);
      throw over();
    }
    return flow;
  }

  private IOException over() {
    return new IOException(closer.isFinishing() ? "the session is draining" : LOST);
  }

  /** Reserves streams of the session for a service that the peer serves from now on. */
  public void addService(String service) {
    streams.addService(service);
  }

  /** Ends the reservation for a service. */
  public void removeService(String service) {
    streams.removeService(service);
  }

  /** Returns whether messages of the session are queued. */
  public boolean hasUnsentMessages() {
    return writer.hasMessages();
  }

  /** Queues a message of the session; never blocks. */
  public void send(Message message) throws ProtocolException {
    writer.message(message);
  }

  /**
   * Ends the link with a reason for the peer. Open streams are lost; bytes of directions that have
   * ended are delivered first. Does not block.
   */
  public void close(ByeReason reason, String text) {
    closer.close(reason, text);
  }

  /**
   * Stops opening streams and flows, and ends the link after the last one. Does not block; returns
   * whether any are open or bytes of streams are in flight. A flow has no end of its own: the
   * caller ends those that are not in use.
   */
  public boolean finish() {
    return closer.finish();
  }

  /**
   * Sends a PING.
   *
   * @param answer called by the timer thread after the limit with whether anything was received;
   *     must not block
   */
  public void probe(Duration limit, Consumer<Boolean> answer) {
    liveness.probe(limit, answer);
  }

  /** Returns whether a PING was sent and nothing has been received since. */
  public boolean isQuiet() {
    return liveness.isQuiet();
  }

  @Override
  public void close() {
    close(ByeReason.STOPPING, "stopping");
  }

  /** Returns the number of open streams. */
  public int openStreams() {
    return streams.open();
  }

  /** Returns the number of open flows. */
  public int openFlows() {
    return flows.open();
  }

  /** Returns the connection below. */
  public Connection connection() {
    return connection;
  }

  // For the other classes of this package.

  LinkFlows flows() {
    return flows;
  }

  LongAdder droppedDatagrams() {
    return shared.droppedDatagrams();
  }

  LinkWriter writer() {
    return writer;
  }

  BufferPool pool() {
    return shared.pool();
  }

  StreamEviction eviction() {
    return shared.eviction();
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

  LinkStreams streams() {
    return streams;
  }

  boolean hasEnded() {
    return ended;
  }

  /** Lets nothing be opened any more, at the end of {@link #run}. */
  void setEnded() {
    ended = true;
  }

  /** Returns whether nothing may be opened any more. */
  boolean isOver() {
    return ended || closer.isClosing() || closer.isFinishing();
  }

  /** Leaves the eviction once the link has ended and no stream holds bytes. */
  void leaveEvictionIfDone() {
    if (ended && streams.all().isEmpty()) {
      shared.eviction().remove(this);
    }
  }

  /** Ends the link if it is finishing and this was its last stream or flow. */
  void closeIfFinished() {
    closer.closeIfFinished();
  }

  void countLateFrame() {
    shared.lateFrames().increment();
  }
}
