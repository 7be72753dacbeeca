package culvert.mux;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.ResetReason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * What a leg owes its peer beside payload, kept as state: one pong, and for each stream one answer,
 * one reset and one sum of grants. So nothing a peer sends makes it grow, and noting it never
 * blocks. Not thread-safe: the writer's lock guards it.
 */
final class PendingControl {

  /** Room in front of a batch's payload, in bytes. */
  static final int CONTROL_BYTES = 8 * 1024;

  /** Most messages of the session that wait to be written. */
  private static final int MAX_MESSAGES = 1024;

  /** Longest reset, answer and grant of one stream together, in bytes. */
  private static final int MAX_OF_STREAM_BYTES = 640;

  /** What stays free for a pong, a ping and the last words, in bytes. */
  private static final int RESERVE_BYTES = 640;

  private final ByteBuffer control = ByteBuffer.allocate(CONTROL_BYTES);
  private final ArrayDeque<MuxStream> owing = new ArrayDeque<>();
  private final ArrayDeque<Message> messages = new ArrayDeque<>();
  private int unanswered;
  private boolean pongOwed;
  private long pongToken;
  private Message.Bye bye;

  boolean isEmpty() {
    return !pongOwed && owing.isEmpty() && messages.isEmpty() && bye == null;
  }

  void pong(long token) {
    pongOwed = true;
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

  boolean byeOwed() {
    return bye != null;
  }

  /** The peer opened a stream; returns how many of its opens have no answer on its way. */
  int openCame() {
    return ++unanswered;
  }

  /** Exactly once a stream; what comes later is not said. */
  void answer(MuxStream stream, Message answer) {
    if (!stream.send.answered) {
      stream.send.answered = true;
      stream.send.answerOwed = answer;
      note(stream);
    }
  }

  void grant(MuxStream stream, long bytes) {
    stream.send.grantOwed += bytes;
    note(stream);
  }

  void reset(MuxStream stream, ResetReason reason) {
    if (stream.id() != 0) {
      stream.send.resetOwed = reason;
      stream.send.grantOwed = 0;
      note(stream);
    }
  }

  private void note(MuxStream stream) {
    if (!stream.send.owing) {
      stream.send.owing = true;
      owing.add(stream);
    }
  }

  /**
   * All that fits, encoded, to go in front of the batch of this number; room is left for a ping.
   */
  ByteBuffer put(long batch) {
    control.clear();
    int reserve = MAX_OF_STREAM_BYTES + RESERVE_BYTES;
    while (!messages.isEmpty() && control.remaining() > Frame.MAX_MESSAGE_BYTES + reserve) {
      Message.write(control, 0, messages.poll());
    }
    if (pongOwed) {
      Message.write(control, 0, new Message.Pong(pongToken));
      pongOwed = false;
    }
    for (int left = owing.size(); left > 0 && control.remaining() > reserve; left--) {
      MuxStream stream = owing.poll();
      if (stream.send.openBatch == batch) {
        // Its open lies in the payload of this very batch, behind the control.
        owing.add(stream);
      } else {
        stream.send.owing = false;
        put(stream);
      }
    }
    return control;
  }

  private void put(MuxStream stream) {
    var s = stream.send;
    if (s.answerOwed != null) {
      Message.write(control, stream.id(), s.answerOwed);
      s.answerOwed = null;
      unanswered--;
    }
    if (s.resetOwed != null) {
      Message.write(control, stream.id(), new Message.Reset(s.resetOwed));
      s.resetOwed = null;
    }
    if (s.grantOwed > 0) {
      Message.write(control, stream.id(), new Message.Window((int) s.grantOwed));
      s.grantOwed = 0;
    }
  }

  /** Adds the last words behind all other control. */
  void putBye() {
    Message.write(control, 0, bye);
  }
}
