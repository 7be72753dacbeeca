package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.protocol.RefusedReason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving half of a leg: decodes all that one read brought, then wakes each stream once. It
 * never writes, dials or waits for anything but the connection's next bytes.
 */
final class LinkReader {

  private final Link leg;
  private final LinkWriter writer;
  private final List<MuxStream> touched = new ArrayList<>();
  private final ControlFrameBudget patience;

  /** The highest id the peer has opened; the opening side looks at its own writer instead. */
  private long highest;

  // A data frame whose payload has not come whole:
  private MuxStream dataStream;
  private int dataLeft;

  LinkReader(Link leg) {
    this.leg = leg;
    this.writer = leg.writer();
    this.patience = new ControlFrameBudget(System.nanoTime(), leg.maxStreams());
  }

  void run() throws IOException {
    ByteBuffer in = leg.pool().borrow();
    Connection connection = leg.connection();
    try {
      while (connection.input().read(in) >= 0) {
        patience.earn(System.nanoTime(), connection.received() + connection.sent());
        in.flip();
        decode(in);
        in.compact();
        wakeTouched();
        if (leg.budget().exceeded()) {
          leg.budget().evict();
        }
      }
      throw new EOFException("the peer closed the connection");
    } finally {
      wakeTouched();
      leg.pool().release(in);
    }
  }

  private void touch(MuxStream stream) {
    if (stream.touch()) {
      touched.add(stream);
    }
  }

  private void wakeTouched() {
    for (MuxStream stream : touched) {
      stream.wakeReader();
    }
    touched.clear();
  }

  private void decode(ByteBuffer in) throws IOException {
    for (; ; ) {
      if (dataLeft > 0) {
        if (!in.hasRemaining()) {
          return;
        }
        data(in);
      } else {
        if (in.remaining() < Frame.HEADER_BYTES) {
          return;
        }
        int start = in.position();
        Frame frame = Frame.read(in);
        if (frame.verb() == FrameType.DATA) {
          dataLeft = frame.length();
          dataStream = streamOf(frame);
        } else if (in.remaining() >= frame.length()) {
          dispatch(frame, in);
        } else {
          in.position(start);
          return;
        }
      }
    }
  }

  private void data(ByteBuffer in) throws ProtocolException {
    int n = Math.min(dataLeft, in.remaining());
    int end = in.limit();
    in.limit(in.position() + n);
    if (dataStream != null) {
      dataStream.receive(in);
      touch(dataStream);
    }
    in.position(in.limit()).limit(end);
    dataLeft -= n;
  }

  /** The stream a frame speaks of, or null for one that is over; an id never opened is an error. */
  private MuxStream streamOf(Frame frame) throws ProtocolException {
    MuxStream stream = leg.stream(frame.stream());
    if (stream == null) {
      long top = leg.side() == Link.Side.OPENS ? writer.lastId() : highest;
      if (frame.stream() > top) {
        throw new ProtocolException(
            frame.verb() + " for stream " + frame.stream() + ", which was never opened");
      }
      late();
    }
    return stream;
  }

  private void dispatch(Frame frame, ByteBuffer in) throws IOException {
    int end = in.limit();
    in.limit(in.position() + frame.length());
    Message message = Message.read(frame, in);
    in.limit(end);
    switch (message) {
      case Message.Open open -> opened(frame, open);
      case Message.Accepted m -> answered(frame, m);
      case Message.Refused m -> answered(frame, m);
      case Message.Window m -> {
        MuxStream stream = streamOf(frame);
        if (stream != null) {
          patience.spend();
          writer.granted(stream, m.bytes());
        }
      }
      case Message.HalfClose m -> {
        MuxStream stream = streamOf(frame);
        if (stream != null) {
          stream.receiveHalfClose();
          touch(stream);
        }
      }
      case Message.Reset m -> {
        MuxStream stream = streamOf(frame);
        if (stream != null) {
          stream.fail(trouble(m), "the peer reset the stream");
          leg.forget(stream);
        }
      }
      case Message.Ping m -> {
        patience.spend();
        writer.pong(m.token());
      }
      case Message.Pong m -> {
        patience.spend();
        writer.pongCame(m.token());
      }
      case Message.Bye m -> throw new RefusedException(m.reason(), m.text());
      case Message.Offer m -> ofSession(m);
      case Message.Withdraw m -> ofSession(m);
      case Message.Offered m -> ofSession(m);
      case Message.Drain m -> ofSession(m);
      case Message.Hello m -> throw misplaced(frame);
      case Message.Challenge m -> throw misplaced(frame);
      case Message.Seal m -> throw misplaced(frame);
      case Message.Proof m -> throw misplaced(frame);
    }
  }

  private void ofSession(Message message) throws ProtocolException {
    patience.spend();
    leg.events().message(message);
  }

  private static ProtocolException misplaced(Frame frame) {
    return new ProtocolException(frame.verb() + " in a session that stands already");
  }

  private void opened(Frame frame, Message.Open open) throws ProtocolException {
    if (leg.side() == Link.Side.OPENS) {
      throw new ProtocolException("OPEN from the side that takes streams");
    }
    if (frame.stream() <= highest) {
      throw new ProtocolException("OPEN for stream " + frame.stream() + " after stream " + highest);
    }
    highest = frame.stream();
    patience.earnStream();
    if (!writer.openCame(leg.opensGranted())) {
      throw new ProtocolException("more opens than the " + leg.opensGranted() + " granted");
    }
    MuxStream stream = leg.opened(frame.stream());
    if (leg.openStreams() > leg.streamsGranted()) {
      // Not an error: the end of another stream may still be under way to us.
      stream.refuse(RefusedReason.BUSY, "all " + leg.streamsGranted() + " streams are in use");
    } else {
      leg.events().opened(stream, open);
    }
  }

  private void answered(Frame frame, Message answer) throws ProtocolException {
    if (leg.side() == Link.Side.TAKES) {
      throw new ProtocolException(frame.verb() + " from the side that opens streams");
    }
    writer.answered(frame.stream());
    patience.earnStream();
    MuxStream stream = leg.stream(frame.stream());
    if (stream != null) {
      stream.receiveAnswer(answer);
    } else {
      late();
    }
  }

  private void late() throws ProtocolException {
    leg.late();
    patience.spend();
  }

  private static CloseCause trouble(Message.Reset reset) {
    return switch (reset.reason()) {
      case BROKEN -> CloseCause.RESET;
      case TIMED_OUT -> CloseCause.TIMED_OUT;
      case NOT_DRAINED -> CloseCause.NOT_DRAINED;
      case STOPPED -> CloseCause.STOPPED;
    };
  }
}
