package culvert.mux;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamResetReason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Control frames that a link has to send, kept as coalesced state: one PONG, for each stream one
 * answer, one RESET and one sum of grants, and a limited number of RESETs of flows. Frames from the
 * peer therefore cannot make it grow, and queueing never blocks. Not thread-safe: the writer's lock
 * guards it.
 */
final class PendingControl {

  /** Space in front of a batch's payload, in bytes. */
  static final int CONTROL_BYTES = 8 * 1024;

  /** Maximum number of queued messages of the session. */
  private static final int MAX_MESSAGES = 1024;

  /**
   * Maximum number of queued RESETs of flows. Beyond it they are not sent: the peer may open flows
   * faster than it reads. A flow that the peer keeps expires there.
   */
  static final int MAX_FLOW_RESETS = 65_536;

  /** Maximum length of RESET, answer and grant of one stream together, in bytes. */
  private static final int MAX_STREAM_CONTROL_BYTES = 640;

  /** Space reserved for a PONG, a PING and a BYE, in bytes. */
  private static final int RESERVE_BYTES = 640;

  /**
   * A RESET of a flow. It does not refer to the flow: the peer decides how many wait, and a flow
   * takes a kilobyte with all that belongs to it.
   *
   * @param openBatch number of the batch that carries the OPEN_FLOW, or -1
   */
  private record FlowReset(long flow, long openBatch, StreamResetReason reason) {}

  private final ByteBuffer control = ByteBuffer.allocate(CONTROL_BYTES);
  private final ArrayDeque<MuxStream> streams = new ArrayDeque<>();
  private final ArrayDeque<FlowReset> flows = new ArrayDeque<>();
  private final ArrayDeque<Message> messages = new ArrayDeque<>();
  private int unanswered;
  private boolean pongPending;
  private long pongToken;
  private Message.Bye bye;

  boolean isEmpty() {
    return !pongPending
        && streams.isEmpty()
        && flows.isEmpty()
        && messages.isEmpty()
        && bye == null;
  }

  boolean hasMessages() {
    return !messages.isEmpty();
  }

  void pong(long token) {
    pongPending = true;
    pongToken = token;
  }

  void message(Message message) throws ProtocolException {
    if (messages.size() >= MAX_MESSAGES) {
      throw new ProtocolException("too many messages that need an answer");
    }
    messages.add(message);
  }

  /** Sets the last frame; the first reason stays. */
  void bye(Message.Bye message) {
    if (bye == null) {
      bye = message;
    }
  }

  boolean hasBye() {
    return bye != null;
  }

  /** Records an OPEN of the peer; returns how many have no answer written yet. */
  int receiveOpen() {
    return ++unanswered;
  }

  /** Queues the answer to an OPEN; only the first one of a stream is sent. */
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

  /** Queues a RESET; one behind a pending HALF_CLOSE is sent by the {@link SendScheduler}. */
  void reset(MuxStream stream, StreamResetReason reason) {
    if (stream.id() != 0) {
      stream.out.pendingReset = reason;
      stream.out.pendingGrant = 0;
      if (!stream.out.pendingHalfClose) {
        enqueue(stream);
      }
    }
  }

  /** Queues the RESET of a flow whose OPEN_FLOW has been put into a batch. */
  void reset(MuxFlow flow, StreamResetReason reason) {
    if (flows.size() < MAX_FLOW_RESETS) {
      flows.add(new FlowReset(flow.id(), flow.openBatch, reason));
    }
  }

  private void enqueue(MuxStream stream) {
    if (!stream.out.hasControl) {
      stream.out.hasControl = true;
      streams.add(stream);
    }
  }

  /**
   * Encodes all frames that fit, to precede the batch of the given number; leaves space for a PING.
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
      if (isBehind(stream.out, batch)) {
        streams.add(stream);
      } else {
        stream.out.hasControl = false;
        encode(stream);
      }
    }
    for (int left = flows.size(); left > 0 && control.remaining() > reserve; left--) {
      FlowReset reset = flows.poll();
      if (reset.openBatch() == batch) {
        flows.add(reset);
      } else {
        Message.write(control, reset.flow(), new Message.Reset(reset.reason()));
      }
    }
    return control;
  }

  /**
   * Returns whether the payload of this batch, which follows the control frames, has a frame that
   * must precede them: the OPEN, or the HALF_CLOSE before a RESET.
   */
  private static boolean isBehind(StreamOutput s, long batch) {
    return s.openBatch == batch || s.pendingReset != null && s.endBatch == batch;
  }

  private void encode(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.pendingAnswer != null) {
      Message.write(control, stream.id(), s.pendingAnswer);
      s.pendingAnswer = null;
      unanswered--;
    }
    if (s.pendingReset != null && !s.pendingHalfClose) {
      Message.write(control, stream.id(), new Message.Reset(s.pendingReset));
      s.pendingReset = null;
    }
    if (s.pendingGrant > 0) {
      Message.write(control, stream.id(), new Message.Window((int) s.pendingGrant));
      s.pendingGrant = 0;
    }
  }

  /** Adds the BYE after all other control frames. */
  void encodeBye() {
    Message.write(control, 0, bye);
  }
}
