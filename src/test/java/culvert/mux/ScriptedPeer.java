package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.protocol.Frame;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.Verb;
import culvert.testing.Loopback;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A leg under test, and a peer that says exactly what the test tells it to. */
final class ScriptedPeer implements AutoCloseable, Leg.Events {

  static final int OPENS = 4;
  static final int STREAMS = 8;

  /**
   * A frame the leg sent; data carry their payload, all others their message.
   *
   * @param stream its id
   * @param message null for data
   * @param data null for all others
   */
  record Heard(long stream, Message message, byte[] data) {}

  final LongAdder evictions = new LongAdder();
  final LongAdder lateFrames = new LongAdder();
  final Leg leg;
  final Budget budget;
  final BlockingQueue<MuxStream> opened = new LinkedBlockingQueue<>();
  private final Deadlines deadlines = new Deadlines();
  private final Loopback pair;
  private final DataInputStream in;
  private final CompletableFuture<IOException> end = new CompletableFuture<>();

  ScriptedPeer(Leg.Side side) throws IOException {
    this(side, 1 << 20);
  }

  ScriptedPeer(Leg.Side side, long budgetBytes) throws IOException {
    this(side, budgetBytes, LegPair.HEARTBEAT);
  }

  ScriptedPeer(Leg.Side side, long budgetBytes, Heartbeat heartbeat) throws IOException {
    budget = new Budget(budgetBytes, evictions);
    pair = Loopback.open();
    in = new DataInputStream(pair.far().input());
    var self = new Handshake.Self(Handshake.newInstance(), OPENS, STREAMS, "", Optional.empty());
    var peer = new Handshake.Peer(Message.VERSION, Handshake.newInstance(), OPENS, STREAMS, "");
    leg =
        new Leg(
            pair.near(),
            side,
            self,
            peer,
            new Leg.Shared(new BufferPool(), budget, deadlines, heartbeat, 16 << 20, lateFrames),
            this);
    Thread.ofVirtual().name("leg under test").start(this::run);
  }

  private void run() {
    try {
      leg.run();
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
  public void message(Message message) {}

  void say(long stream, Message message) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.MOST_MESSAGE_BYTES);
    Message.write(out, stream, message);
    pair.far().output().write(out.flip());
  }

  void sayData(long stream, int length) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + length);
    Frame.write(out, Verb.DATA, length, stream);
    pair.far().output().write(out.position(0).limit(Frame.HEADER_BYTES + length));
  }

  void sayRaw(byte[] bytes) throws IOException {
    pair.far().output().write(bytes);
  }

  /** The next frame of the leg, pings left out. */
  Heard hear() throws IOException {
    for (; ; ) {
      byte[] header = in.readNBytes(Frame.HEADER_BYTES);
      if (header.length < Frame.HEADER_BYTES) {
        throw new EOFException();
      }
      Frame frame = Frame.read(ByteBuffer.wrap(header));
      byte[] payload = in.readNBytes(frame.length());
      if (frame.verb() == Verb.DATA) {
        return new Heard(frame.stream(), null, payload);
      }
      if (frame.verb() != Verb.PING) {
        return new Heard(frame.stream(), Message.read(frame, ByteBuffer.wrap(payload)), null);
      }
    }
  }

  /** How the leg ended. */
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
}
