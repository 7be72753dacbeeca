package culvert.mux;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.ResetReason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * What a link owes its peer beside payload, kept as state: one pong, and for each stream one
 * answer, one reset and one sum of grants. So nothing a peer sends makes it grow, and noting it
 * never blocks. Not thread-safe: the writer's lock guards it.
 */
final class PendingControl {

  /** Room in front of a batch's payload, in bytes. */
  static final int CONTROL_BYTES = 8 * 1024;

  /** Most messages of the session that wait to be written. */
  private static final int MAX_MESSAGES = 1024;

  /** Longest reset, answer and grant of one stream together, in bytes. */
  private static final int MAX_STREAM_CONTROL_BYTES = 640;

  /** What stays free for a pong, a ping and the last words, in bytes. */
  private static final int RESERVE_BYTES = 640;

  private final ByteBuffer control = ByteBuffer.allocate(CONTROL_BYTES);
  private final ArrayDeque<MuxStream> streams = new ArrayDeque<>();
  private final ArrayDeque<Message> messages = new ArrayDeque<>();
  private int unanswered;
  private boolean pongPending;
  private long pongToken;
  private Message.Bye bye;

  boolean isEmpty() {
    return !pongPending && streams.isEmpty() && messages.isEmpty() && bye == null;
  }

  void pong(long token) {
    pongPending = true;
    pongToken = token;
  }

  void message(Message message) throws ProtocolException {
    if (messages.size() >= MAX_MESSAGES) {
      throw new ProtocolException("too many messages that must be answered");
    }
    messages.add(message);
  }

  /** The last frame; the first reason given stands. */
  void bye(Message.Bye message) {
    if (bye == null) {
      bye = message;
    }
  }

  boolean hasBye() {
    return bye != null;
  }

  /** The peer opened a stream; returns how many of its opens have no answer on its way. */
  int receiveOpen() {
    return ++unanswered;
  }

  /** Exactly once a stream; what comes later is not said. */
  void answer(MuxStream stream, Message answer) {
    if (!stream.out.answered) {
      stream.out.answered = true;
      stream.out.pendingAnswer = answer;
      enqueue(stream);
    }
  }

  void grant(MuxStream stream, long bytes) {
    stream.out.pendingGrant += bytes;
    enqueue(stream);
  }

  void reset(MuxStream stream, ResetReason reason) {
    if (stream.id() != 0) {
      stream.out.pendingReset = reason;
      stream.out.pendingGrant = 0;
      enqueue(stream);
    }
  }

  private void enqueue(MuxStream stream) {
    if (!stream.out.hasControl) {
      stream.out.hasControl = true;
      streams.add(stream);
    }
  }

  /**
   * All that fits, encoded, to go in front of the batch of this number; room is left for a ping.
   */
  ByteBuffer encode(long batch) {
    control.clear();
    int reserve = MAX_STREAM_CONTROL_BYTES + RESERVE_BYTES;
    while (!messages.isEmpty() && control.remaining() > Frame.MAX_MESSAGE_BYTES + reserve) {
      Message.write(control, 0, messages.poll());
    }
    if (pongPending) {
      Message.write(control, 0, new Message.Pong(pongToken));
      pongPending = false;
    }
    for (int left = streams.size(); left > 0 && control.remaining() > reserve; left--) {
      MuxStream stream = streams.poll();
      if (stream.out.openBatch == batch) {
        // Its open lies in the payload of this very batch, behind the control.
        streams.add(stream);
      } else {
        stream.out.hasControl = false;
        encode(stream);
      }
    }
    return control;
  }

  private void encode(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.pendingAnswer != null) {
      Message.write(control, stream.id(), s.pendingAnswer);
      s.pendingAnswer = null;
      unanswered--;
    }
    if (s.pendingReset != null) {
      Message.write(control, stream.id(), new Message.Reset(s.pendingReset));
      s.pendingReset = null;
    }
    if (s.pendingGrant > 0) {
      Message.write(control, stream.id(), new Message.Window((int) s.pendingGrant));
      s.pendingGrant = 0;
    }
  }

  /** Adds the last words behind all other control. */
  void encodeBye() {
    Message.write(control, 0, bye);
  }
}
