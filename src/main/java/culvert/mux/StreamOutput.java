package culvert.mux;

import culvert.net.ByteOutput;
import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The sending half of a stream: its output, and what the {@link LinkWriter} keeps for it. The
 * writer's lock guards every field that is not final.
 */
final class StreamOutput extends ByteOutput {

  private final LinkWriter writer;
  private final MuxStream stream;

  /** Whether the peer opened the stream. */
  final boolean openedByPeer;

  /** Bytes that the peer still accepts; the thread that writes reads it without the lock. */
  volatile long window = MuxStream.FIRST_WINDOW;

  /** Bytes of the write in progress that the writer has not taken yet, or null. */
  ByteBuffer payload;

  /** The thread blocked in a write, or null. */
  Thread sender;

  /** After how many more checks of the link that thread returns; 0 if it waits without a limit. */
  int checksLeft;

  Message.Open pendingOpen;

  /** Whether the pending OPEN may be sent; until then the stream waits in {@link OpenCredits}. */
  boolean hasOpenCredit;

  Message pendingAnswer;
  long pendingGrant;
  StreamResetReason pendingReset;
  boolean pendingHalfClose;
  boolean halfClosed;
  boolean answered;

  /** Whether the stream is in a queue of the {@link SendScheduler}. */
  boolean queued;

  /** Whether the stream is in the queue of {@link PendingControl}. */
  boolean hasControl;

  boolean failed;

  /** Number of the batch that carries the open. */
  long openBatch = -1;

  /** Number of the batch that carries the half-close. */
  long endBatch = -1;

  /** Number of the last batch that carries data; the initial value counts as long ago. */
  long lastBatch = -2;

  StreamOutput(LinkWriter writer, MuxStream stream, boolean openedByPeer) {
    this.writer = writer;
    this.stream = stream;
    this.openedByPeer = openedByPeer;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    if (source.hasRemaining()) {
      writer.send(stream, source);
    }
  }

  /**
   * Waits for the turn of the stream, but returns when that takes longer than two checks of the
   * link: a link that stalls must not hold the direct buffers of all its senders.
   */
  @Override
  public boolean writeSome(ByteBuffer source) throws IOException {
    return !source.hasRemaining() || writer.sendSome(stream, source);
  }

  /** Returns the window: only this thread uses it up, and the peer may only add to it. */
  @Override
  public int room() {
    return (int) Math.min(window, Integer.MAX_VALUE);
  }
}
