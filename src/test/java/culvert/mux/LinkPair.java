package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Flow;
import culvert.net.MemoryBudget;
import culvert.net.Threads;
import culvert.protocol.Feature;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.StreamRefusedReason;
import culvert.testing.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Two links joined by a pair of connections, as they stand after a handshake. The far side accepts
 * every stream and hands it to the test's code in a thread of its own.
 */
final class LinkPair implements AutoCloseable {

  static final int OPENS = 256;
  static final int STREAMS = 20_000;
  static final Duration LIMIT = Duration.ofSeconds(30);
  static final Heartbeat HEARTBEAT = new Heartbeat(Duration.ofSeconds(10), LIMIT);

  final Deadlines deadlines = new Deadlines();
  final BufferPool pool = new BufferPool(new MemoryBudget(64 << 20));
  private final StreamEviction eviction = new StreamEviction(pool.budget(), new LongAdder());
  final LongAdder droppedDatagrams = new LongAdder();
  final Link near;
  final Link far;
  private final AtomicReference<String> nextRefusal = new AtomicReference<>();
  private final List<String> ends = new CopyOnWriteArrayList<>();
  private final Thread nearThread;
  private final Thread farThread;

  LinkPair(Connection near, Connection far, Consumer<MuxStream> onStream) {
    this(near, far, onStream, flow -> new ReceivedFlow());
  }

  /** Creates links whose far side receives the datagrams of each flow with {@code onFlow}. */
  LinkPair(
      Connection near,
      Connection far,
      Consumer<MuxStream> onStream,
      Function<MuxFlow, Flow.Receiver> onFlow) {
    this.near = link(near, Link.Side.OPENS, stream -> {}, onFlow);
    this.far =
        link(
            far,
            Link.Side.TAKES,
            stream -> {
              String refusal = nextRefusal.getAndSet(null);
              if (refusal != null) {
                stream.refuse(StreamRefusedReason.ORIGIN_REFUSED, refusal);
              } else {
                stream.accept();
                onStream.accept(stream);
              }
            },
            onFlow);
    nearThread = Threads.start("near link", () -> run(this.near));
    farThread = Threads.start("far link", () -> run(this.far));
  }

  private Link link(
      Connection connection,
      Link.Side side,
      Consumer<MuxStream> onStream,
      Function<MuxFlow, Flow.Receiver> onFlow) {
    var self = new Handshake.Local(Handshake.newInstance(), OPENS, STREAMS, "", List.of());
    var peer =
        new Handshake.Peer(
            Message.MAX_VERSION, Feature.all(), Handshake.newInstance(), OPENS, STREAMS, "");
    var shared =
        new Link.Shared(
            pool, eviction, deadlines, HEARTBEAT, 16 << 20, new LongAdder(), droppedDatagrams);
    return new Link(connection, side, self, peer, shared, new Arrivals(onStream, onFlow));
  }

  private void run(Link link) {
    try {
      link.run();
    } catch (IOException e) {
      // How a link ends is the business of the tests that end one; others print it in their
      // failure.
      ends.add(link.side() + ": " + e.getMessage());
    }
  }

  /** How the links ended, the first one first. */
  List<String> ends() {
    return ends;
  }

  /** Begins a stream and waits until the other side has accepted it. */
  MuxStream open() throws IOException {
    MuxStream stream = begin();
    MuxStream.Answer answer = stream.awaitAnswer(LIMIT);
    if (answer != MuxStream.Answer.ACCEPTED) {
      throw new IOException("the stream was " + answer + ", " + ends);
    }
    return stream;
  }

  /** The far side refuses the next stream with this text. */
  void refuseNext(String why) {
    nextRefusal.set(why);
  }

  /** Begins a stream without waiting. */
  MuxStream begin() throws IOException {
    try {
      return near.open(openMessage());
    } catch (IOException e) {
      throw new IOException("no stream, " + ends, e);
    }
  }

  /** Opens a flow of the near side. */
  MuxFlow openFlow(Flow.Receiver receiver) throws IOException {
    return near.openFlow(openFlowMessage(), receiver);
  }

  static Message.OpenFlow openFlowMessage() {
    Message.Open open = openMessage();
    return new Message.OpenFlow(open.service(), open.visitor(), open.reached());
  }

  static Message.Open openMessage() {
    return openMessage("default");
  }

  /** Returns an OPEN of this service. Services share the opens that a peer grants. */
  static Message.Open openMessage(String service) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);
    return new Message.Open(service, address, address);
  }

  /** Both sides have forgotten every stream, and every buffer is back. */
  void assertNothingHeld() throws Exception {
    Eventually.within(
        LIMIT,
        () -> {
          // An idle link holds the small buffer of its reader.
          long held = pool.budget().held();
          if (near.openStreams() != 0
              || far.openStreams() != 0
              || held > 2 * LinkReader.IDLE_BYTES) {
            throw new AssertionError(
                near.openStreams()
                    + " and "
                    + far.openStreams()
                    + " streams, "
                    + held
                    + " bytes held");
          }
        });
  }

  @Override
  public void close() {
    near.close();
    far.close();
    try {
      nearThread.join();
      farThread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deadlines.close();
  }

  private record Arrivals(Consumer<MuxStream> onStream, Function<MuxFlow, Flow.Receiver> onFlow)
      implements Link.Events {
    @Override
    public void opened(MuxStream stream, Message.Open open) {
      Threads.start("far stream", () -> onStream.accept(stream));
    }

    @Override
    public Flow.Receiver flowOpened(MuxFlow flow, Message.OpenFlow open) {
      return onFlow.apply(flow);
    }

    @Override
    public void message(Message message) {}
  }
}
