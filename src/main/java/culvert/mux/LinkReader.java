package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving half of a link. It decodes everything that one read returned and then wakes each
 * stream once. It never writes, dials, or blocks on anything other than the connection.
 */
final class LinkReader {

  /** Size of the buffer of an idle link, in bytes. */
  static final int IDLE_BYTES = 8 * 1024;

  private final Link link;
  private final LinkWriter writer;
  private final List<MuxStream> toWake = new ArrayList<>();
  private final ControlFrameBudget controlBudget;

  /**
   * The highest id that the peer has opened; the side that opens streams asks its writer instead.
   */
  private long highestId;

  /**
   * Borrowed while the reader runs. A read that may wait uses a buffer of {@link #waitingBytes}.
   */
  private ByteBuffer in;

  /**
   * Size of the buffer for a read that may wait, in bytes: {@link #IDLE_BYTES}, which hold any
   * message, while the payload of streams is passed on as it arrives; or the length of a longer
   * datagram that has not arrived completely, since a datagram is delivered whole.
   */
  private int waitingBytes = IDLE_BYTES;

  /** Whether the last read left no space. */
  private boolean filled;

  // A DATA frame whose payload is not complete yet:
  private MuxStream dataStream;
  private int dataLeft;

  LinkReader(Link link) {
    this.link = link;
    this.writer = link.writer();
    this.controlBudget = new ControlFrameBudget(System.nanoTime(), link.maxStreams());
  }

  void run() throws IOException {
    Connection connection = link.connection();
    in = link.pool().borrow(IDLE_BYTES);
    try {
      while (read(connection.input()) >= 0) {
        filled = !in.hasRemaining();
        controlBudget.refill(System.nanoTime(), connection.received() + connection.sent());
        in.flip();
        decode(in);
        in.compact();
        wakeReaders();
        link.eviction().evictIfExceeded();
      }
      throw new EOFException("the peer closed the connection");
    } finally {
      wakeReaders();
      link.pool().release(in);
    }
  }

  /** Reads into a large buffer while much arrives, and gives it back before it waits. */
  private int read(ByteInput input) throws IOException {
    if (filled || in.capacity() > waitingBytes) {
      resize(BufferPool.BUFFER_BYTES);
      int n = input.tryReadTwice(in);
      if (n != 0) {
        return n;
      }
      resize(waitingBytes);
    }
    return input.read(in);
  }

  private void resize(int bytes) {
    if (in.capacity() != bytes) {
      BufferPool pool = link.pool();
      ByteBuffer next = bytes == BufferPool.BUFFER_BYTES ? pool.borrow() : pool.borrow(bytes);
      next.put(in.flip());
      pool.release(in);
      in = next;
    }
  }

  private void wakeLater(MuxStream stream) {
    if (stream.markForWakeUp()) {
      toWake.add(stream);
    }
  }

  private void wakeReaders() {
    for (MuxStream stream : toWake) {
      stream.wakeReader();
    }
    toWake.clear();
  }

  private void decode(ByteBuffer in) throws IOException {
    waitingBytes = IDLE_BYTES;
    for (; ; ) {
      if (dataLeft > 0) {
        if (!in.hasRemaining()) {
          return;
        }
        receiveData(in);
      } else {
        if (in.remaining() < Frame.HEADER_BYTES) {
          return;
        }
        int start = in.position();
        Frame frame = Frame.read(in);
        if (frame.type() == FrameType.DATA) {
          dataLeft = frame.length();
          dataStream = streamOf(frame);
        } else if (in.remaining() < frame.length()) {
          in.position(start);
          waitingBytes = Math.max(IDLE_BYTES, Frame.HEADER_BYTES + frame.length());
          return;
        } else if (frame.type() == FrameType.DATAGRAM) {
          link.flows().receiveDatagram(frame, in, this::highestId);
        } else {
          dispatch(frame, in);
        }
      }
    }
  }

  private void receiveData(ByteBuffer in) throws ProtocolException {
    int n = Math.min(dataLeft, in.remaining());
    int end = in.limit();
    in.limit(in.position() + n);
    if (dataStream != null) {
      dataStream.receive(in);
      wakeLater(dataStream);
    }
    in.position(in.limit()).limit(end);
    dataLeft -= n;
  }

  /**
   * Returns the stream of a frame, or null if it has ended; an id that was never opened is an
   * error.
   */
  private MuxStream streamOf(Frame frame) throws ProtocolException {
    MuxStream stream = link.streams().get(frame.stream());
    if (stream == null) {
      checkOpened(frame);
      if (link.flows().has(frame.stream())) {
        throw new ProtocolException(frame.type() + " for flow " + frame.stream());
      }
      countLateFrame();
    }
    return stream;
  }

  private void checkOpened(Frame frame) throws ProtocolException {
    if (frame.stream() > highestId()) {
      throw new ProtocolException(
          frame.type() + " for stream " + frame.stream() + ", which was never opened");
    }
  }

  private long highestId() {
    return link.side() == Link.Side.OPENS ? writer.lastId() : highestId;
  }

  private void dispatch(Frame frame, ByteBuffer in) throws IOException {
    int end = in.limit();
    in.limit(in.position() + frame.length());
    Message message = Message.read(frame, in);
    in.limit(end);
    switch (message) {
      case Message.Open open -> receiveOpen(frame, open);
      case Message.OpenFlow open -> receiveOpenFlow(frame, open);
      case Message.Accepted m -> receiveAnswer(frame, m);
      case Message.Refused m -> receiveAnswer(frame, m);
      case Message.Window m -> {
        MuxStream stream = streamOf(frame);
        if (stream != null) {
          controlBudget.spend();
          writer.receiveGrant(stream, m.bytes());
        }
      }
      case Message.HalfClose m -> {
        MuxStream stream = streamOf(frame);
        if (stream != null) {
          stream.receiveHalfClose();
          wakeLater(stream);
        }
      }
      case Message.Reset m -> receiveReset(frame, closeCause(m));
      case Message.Ping m -> {
        controlBudget.spend();
        writer.pong(m.token());
      }
      case Message.Pong m -> {
        controlBudget.spend();
        writer.receivePong(m.token());
      }
      case Message.Bye m -> throw PeerRefusedException.byPeer(m.reason(), m.text());
      case Message.Offer m -> deliver(m);
      case Message.Withdraw m -> deliver(m);
      case Message.Offered m -> deliver(m);
      case Message.Register m -> deliver(m);
      case Message.Declined m -> deliver(m);
      case Message.Shared m -> deliver(m);
      case Message.Revoked m -> deliver(m);
      case Message.Health m -> deliver(m);
      case Message.Drain m -> deliver(m);
      case Message.Client m -> throw unexpected(frame);
      case Message.Hello m -> throw unexpected(frame);
      case Message.Challenge m -> throw unexpected(frame);
      case Message.Noise m -> throw unexpected(frame);
      case Message.Proof m -> throw unexpected(frame);
    }
  }

  private void deliver(Message message) throws ProtocolException {
    controlBudget.spend();
    link.events().message(message);
  }

  private static ProtocolException unexpected(Frame frame) {
    return new ProtocolException(frame.type() + " after the login");
  }

  private void receiveReset(Frame frame, CloseCause cause) throws ProtocolException {
    if (link.flows().receiveReset(frame.stream(), cause)) {
      return;
    }
    MuxStream stream = link.streams().get(frame.stream());
    if (stream != null) {
      stream.lose(cause, "the peer reset the stream");
      return;
    }
    checkOpened(frame);
    if (link.flows().receiveLateReset()) {
      link.countLateFrame();
    } else {
      countLateFrame();
    }
  }

  private void receiveOpenFlow(Frame frame, Message.OpenFlow open) throws ProtocolException {
    recordOpen(frame);
    link.flows().receiveOpen(frame.stream(), open);
  }

  /** Records the id of an OPEN or OPEN_FLOW. */
  private void recordOpen(Frame frame) throws ProtocolException {
    if (link.side() == Link.Side.OPENS) {
      throw new ProtocolException(frame.type() + " from the side that accepts streams");
    }
    if (frame.stream() <= highestId) {
      throw new ProtocolException(
          frame.type() + " for stream " + frame.stream() + " after stream " + highestId);
    }
    highestId = frame.stream();
    controlBudget.refillForStream();
  }

  private void receiveOpen(Frame frame, Message.Open open) throws ProtocolException {
    recordOpen(frame);
    if (!writer.receiveOpen(link.opensGranted())) {
      throw new ProtocolException("more opens than the " + link.opensGranted() + " granted");
    }
    MuxStream stream = link.streams().accept(frame.stream());
    if (link.openStreams() > link.streamsGranted()) {
      // Not an error: the end of another stream may still be in flight.
      stream.refuse(
          StreamRefusedReason.BUSY, "all " + link.streamsGranted() + " streams are in use");
    } else {
      link.events().opened(stream, open);
    }
  }

  private void receiveAnswer(Frame frame, Message answer) throws ProtocolException {
    if (link.side() == Link.Side.TAKES) {
      throw new ProtocolException(frame.type() + " from the side that opens streams");
    }
    writer.receiveAnswer(frame.stream());
    controlBudget.refillForStream();
    MuxStream stream = link.streams().get(frame.stream());
    if (stream != null) {
      stream.receiveAnswer(answer);
    } else {
      countLateFrame();
    }
  }

  private void countLateFrame() throws ProtocolException {
    link.countLateFrame();
    controlBudget.spend();
  }

  private static CloseCause closeCause(Message.Reset reset) {
    return switch (reset.reason()) {
      case BROKEN -> CloseCause.RESET;
      case TIMED_OUT -> CloseCause.TIMED_OUT;
      case NOT_DRAINED -> CloseCause.NOT_DRAINED;
      case STOPPED -> CloseCause.STOPPED;
    };
  }
}
