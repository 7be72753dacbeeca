package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Flow;
import culvert.net.MemoryBudget;
import culvert.net.Threads;
import culvert.protocol.Feature;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.Loopback;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A link under test, and a peer that sends exactly the frames of the test. */
final class ScriptedPeer implements AutoCloseable, Link.Events {

  static final int OPENS = 4;
  static final int STREAMS = 8;

  /**
   * A frame the link sent; data and datagrams carry their payload, all others their message.
   *
   * @param stream its id
   * @param message null for data
   * @param data null for all others
   */
  record Heard(long stream, Message message, byte[] data) {}

  /**
   * Values that a test may change.
   *
   * @param budgetBytes what all streams may hold
   * @param opens what the peer granted
   * @param streams what the peer granted
   * @param socketBytes about the size of each buffer of the sockets; 0 leaves it to the system
   */
  record Setup(
      long budgetBytes,
      Heartbeat heartbeat,
      int maxWindow,
      int opens,
      int streams,
      int socketBytes) {

    static final Setup USUAL = new Setup(1 << 20, LinkPair.HEARTBEAT, 16 << 20, OPENS, STREAMS, 0);

    Setup budget(long bytes) {
      return new Setup(bytes, heartbeat, maxWindow, opens, streams, socketBytes);
    }

    Setup heartbeat(long everyMillis, long timeoutMillis) {
      var beat = new Heartbeat(Duration.ofMillis(everyMillis), Duration.ofMillis(timeoutMillis));
      return new Setup(budgetBytes, beat, maxWindow, opens, streams, socketBytes);
    }

    Setup maxWindow(int bytes) {
      return new Setup(budgetBytes, heartbeat, bytes, opens, streams, socketBytes);
    }

    Setup granted(int itsOpens, int itsStreams) {
      return new Setup(budgetBytes, heartbeat, maxWindow, itsOpens, itsStreams, socketBytes);
    }

    Setup socketBytes(int bytes) {
      return new Setup(budgetBytes, heartbeat, maxWindow, opens, streams, bytes);
    }
  }

  final LongAdder evictions = new LongAdder();
  final LongAdder lateFrames = new LongAdder();
  final Link link;
  final MemoryBudget budget;
  final BufferPool pool;
  final BlockingQueue<MuxStream> opened = new LinkedBlockingQueue<>();
  final BlockingQueue<ReceivedFlow> flows = new LinkedBlockingQueue<>();
  final LongAdder droppedDatagrams = new LongAdder();
  private final Deadlines deadlines = new Deadlines();
  private final Loopback pair;
  private final DataInputStream in;
  private final CompletableFuture<IOException> end = new CompletableFuture<>();

  ScriptedPeer(Link.Side side) throws IOException {
    this(side, Setup.USUAL);
  }

  ScriptedPeer(Link.Side side, Setup setup) throws IOException {
    this(side, setup, Feature.all());
  }

  /** Creates a peer with these features. */
  ScriptedPeer(Link.Side side, Setup setup, Set<Feature> features) throws IOException {
    budget = new MemoryBudget(setup.budgetBytes());
    pool = new BufferPool(budget);
    var eviction = new StreamEviction(budget, evictions);
    pair = Loopback.open(setup.socketBytes());
    in = new DataInputStream(pair.far().input());
    byte[] instance = Handshake.newInstance();
    // The side that accepts grants as much as the peer, if that is more than usual.
    boolean accepts = side == Link.Side.TAKES;
    int opens = accepts ? Math.max(OPENS, setup.opens()) : OPENS;
    int streams = accepts ? Math.max(STREAMS, setup.streams()) : STREAMS;
    var self = new Handshake.Local(instance, opens, streams, "", List.of());
    var peer =
        new Handshake.Peer(
            Message.MAX_VERSION, features, instance, setup.opens(), setup.streams(), "");
    var shared =
        new Link.Shared(
            pool,
            eviction,
            deadlines,
            setup.heartbeat(),
            setup.maxWindow(),
            lateFrames,
            droppedDatagrams);
    link = new Link(pair.near(), side, self, peer, shared, this);
    Threads.start("link under test", this::run);
  }

  private void run() {
    try {
      link.run();
      end.complete(new IOException("closed"));
    } catch (IOException e) {
      end.complete(e);
    }
  }

  @Override
  public void opened(MuxStream stream, Message.Open open) {
    opened.add(stream);
  }

  @Override
  public Flow.Receiver flowOpened(MuxFlow flow, Message.OpenFlow open) {
    var receiver = new ReceivedFlow(flow, open);
    flows.add(receiver);
    return receiver;
  }

  @Override
  public void message(Message message) {}

  void say(long stream, Message message) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(out, stream, message);
    pair.far().output().write(out.flip());
  }

  void sayData(long stream, int length) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + length);
    Frame.write(out, FrameType.DATA, length, stream);
    pair.far().output().write(out.position(0).limit(Frame.HEADER_BYTES + length));
  }

  void sayDatagram(long flow, byte[] datagram) throws IOException {
    sayRaw(datagramFrame(flow, datagram));
  }

  /** Returns the frame of a datagram. */
  static byte[] datagramFrame(long flow, byte[] datagram) {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + datagram.length);
    Frame.write(out, FrameType.DATAGRAM, datagram.length, flow);
    return out.put(datagram).array();
  }

  void sayRaw(byte[] bytes) throws IOException {
    pair.far().output().write(bytes);
  }

  /** The next frame of the link, pings left out. */
  Heard hear() throws IOException {
    for (; ; ) {
      Heard heard = hearAny();
      if (!(heard.message() instanceof Message.Ping)) {
        return heard;
      }
    }
  }

  /** Returns the next frame that is no PING; answers each PING before it. */
  Heard hearAndPong() throws IOException {
    for (; ; ) {
      Heard heard = hearAny();
      if (!(heard.message() instanceof Message.Ping ping)) {
        return heard;
      }
      say(0, new Message.Pong(ping.token()));
    }
  }

  /** Waits until the link has begun to write more than a few small frames, without reading them. */
  void awaitLongWrite() throws Exception {
    Eventually.within(
        LinkPair.LIMIT, () -> assertThat(pair.far().input().available()).isGreaterThan(1000));
  }

  /** The link's next ping; whatever comes before it is dropped. */
  Message.Ping hearPing() throws IOException {
    for (; ; ) {
      if (hearAny().message() instanceof Message.Ping ping) {
        return ping;
      }
    }
  }

  private Heard hearAny() throws IOException {
    byte[] header = in.readNBytes(Frame.HEADER_BYTES);
    if (header.length < Frame.HEADER_BYTES) {
      throw new EOFException();
    }
    Frame frame = Frame.read(ByteBuffer.wrap(header));
    byte[] payload = in.readNBytes(frame.length());
    return frame.type() == FrameType.DATA || frame.type() == FrameType.DATAGRAM
        ? new Heard(frame.stream(), null, payload)
        : new Heard(frame.stream(), Message.read(frame, ByteBuffer.wrap(payload)), null);
  }

  /** Closes the connection. */
  void hangUp() {
    pair.far().close();
  }

  /** How the link ended. */
  IOException end() throws Exception {
    return end.get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    pair.far().close();
    end.join();
    pair.close();
    deadlines.close();
  }

  /** Writes zeros to a stream. If that fails, the test does not receive them and fails too. */
  static void writeUntilFailure(MuxStream stream, int bytes) {
    try {
      stream.output().write(ByteBuffer.allocate(bytes));
    } catch (IOException e) {
      // The test fails with what arrives.
    }
  }
}
