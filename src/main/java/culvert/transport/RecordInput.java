package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Input of a {@link RecordConnection}: decodes records into the reader's buffer. It never waits for
 * the output's lock, so a reader makes progress while the writer is blocked.
 */
final class RecordInput extends ByteInput {

  /** Space that suffices for any short record: a decoder may need more than its payload. */
  private static final int MIN_OVERFLOW_BYTES = 2 * 1024;

  private final Connection carrier;
  private final RecordDecoder decoder;
  private final RecordOutput output;
  private final BufferPool pool;
  private final ReceiveLoans loans;
  private final EmptyRecordLimit emptyRecords = new EmptyRecordLimit();

  /**
   * Acts as a lock that is never waited for. The reader holds it during a read, the thread that
   * closes the connection while it releases the buffers; it guards the fields below that do not
   * name another rule.
   */
  private final AtomicBoolean busy = new AtomicBoolean();

  /** Set once, by the thread that closes the connection. */
  private volatile boolean abandoned;

  /** Set once, by the reader; read by any thread. */
  private volatile CloseCause closeCause;

  private final ReceiveBuffer received;

  /** Payload of a record that did not fit into the reader's buffer, or null. */
  private ByteBuffer overflow;

  /** Whether the undecoded bytes are only a part of a record. */
  private boolean incomplete;

  private boolean ended;

  /** The failure that ended the input: thrown after the payload before it, and on every read. */
  private IOException failure;

  RecordInput(
      Connection carrier,
      RecordDecoder decoder,
      ByteBuffer early,
      RecordOutput output,
      BufferPool pool,
      int idleBytes) {
    this.carrier = carrier;
    this.decoder = decoder;
    this.output = output;
    this.pool = pool;
    this.loans = new ReceiveLoans(pool);
    this.received = new ReceiveBuffer(carrier.input(), early, loans, idleBytes);
  }

  void setAuthenticated() {
    loans.setAuthenticated();
  }

  Optional<CloseCause> closeCause() {
    return Optional.ofNullable(closeCause);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return read(target, true);
  }

  /** Returns 0 also within a record, of which any number of bytes may have been received. */
  @Override
  public int tryRead(ByteBuffer target) throws IOException {
    return read(target, false);
  }

  private int read(ByteBuffer target, boolean mayWait) throws IOException {
    if (abandoned || !busy.compareAndSet(false, true)) {
      throw new IOException("Connection closed");
    }
    boolean open = false;
    try {
      int n = next(target, mayWait);
      open = n >= 0;
      return n;
    } catch (IOException e) {
      if (carrier.closeCause().isEmpty()) {
        closeCause = CloseCause.RESET;
      }
      failure = e;
      throw e;
    } finally {
      if (!open) {
        ended = true;
        releaseBuffers();
      }
      busy.set(false);
      if (abandoned) {
        abandon();
      }
    }
  }

  private int next(ByteBuffer target, boolean mayWait) throws IOException {
    if (failure != null) {
      throw failure;
    }
    for (; ; ) {
      if (overflow != null) {
        return takeOverflow(target);
      }
      if (ended) {
        return -1;
      }
      int n = decode(target);
      if (n > 0) {
        return n;
      }
      if (!ended && overflow == null && !fill(mayWait, isBulk(target))) {
        return 0;
      }
    }
  }

  /** Decodes records as long as their payload fits, and returns the number of payload bytes. */
  private int decode(ByteBuffer target) throws IOException {
    int start = target.position();
    for (; ; ) {
      int before = target.position();
      RecordDecoder.Result result;
      try {
        result = decoder.decode(received.bytes(), target);
      } catch (IOException e) {
        if (target.position() == start) {
          throw e;
        }
        failure = e;
        return target.position() - start;
      }
      output.startSendingPending();
      switch (result) {
        case DECODED -> emptyRecords.count(target.position() - before);
        case INCOMPLETE -> {
          incomplete = true;
          return target.position() - start;
        }
        case TARGET_TOO_SMALL -> {
          if (target.position() == start) {
            decodeOverflow(isBulk(target));
          }
          if (target.position() > start || overflow != null || ended) {
            return target.position() - start;
          }
        }
        case ENDED -> {
          onPeerEnd();
          return target.position() - start;
        }
      }
    }
  }

  /**
   * Decodes the next record, which may hold payload, none, or the end, into a buffer of its own: a
   * large one if the reader uses large ones too.
   */
  private void decodeOverflow(boolean isBulk) throws IOException {
    int record = decoder.neededBytes(received.bytes());
    overflow = isBulk ? loans.borrowLarge() : loans.borrow(Math.max(record, MIN_OVERFLOW_BYTES));
    if (decoder.decode(received.bytes(), overflow) == RecordDecoder.Result.ENDED) {
      onPeerEnd();
    } else {
      output.startSendingPending();
    }
    if (!overflow.flip().hasRemaining()) {
      releaseOverflow();
    }
  }

  /** The reader may close the connection once it sees the end, so pending records are sent now. */
  private void onPeerEnd() {
    ended = true;
    output.trySendPending();
  }

  private int takeOverflow(ByteBuffer target) {
    int n = Math.min(overflow.remaining(), target.remaining());
    target.put(target.position(), overflow, overflow.position(), n);
    target.position(target.position() + n);
    overflow.position(overflow.position() + n);
    if (!overflow.hasRemaining()) {
      releaseOverflow();
    }
    return n;
  }

  private static boolean isBulk(ByteBuffer target) {
    return target.remaining() >= BufferPool.MEDIUM_BYTES;
  }

  /** Receives more bytes, or the end of the carrier; returns false if a read would have to wait. */
  private boolean fill(boolean mayWait, boolean isBulk) throws IOException {
    int needed = decoder.neededBytes(received.bytes());
    int n = mayWait ? received.fill(needed) : received.tryFill(needed, isBulk);
    if (n == 0) {
      return false;
    }
    incomplete = false;
    if (n < 0) {
      decoder.onCarrierEnd(received.bytes().hasRemaining());
      ended = true;
    }
    return true;
  }

  @Override
  public int available() throws IOException {
    int decodable = incomplete ? 0 : received.bytes().remaining();
    if (overflow != null) {
      decodable += overflow.remaining();
    }
    return decodable > 0 ? decodable : carrier.input().available();
  }

  @Override
  public long transferTo(OutputStream out) throws IOException {
    return copyTo(out, pool);
  }

  @Override
  public void shrink() {
    carrier.input().shrink();
    if (busy.compareAndSet(false, true)) {
      received.shrink();
      if (overflow != null) {
        overflow = loans.shrink(overflow);
      }
      busy.set(false);
      if (abandoned) {
        abandon();
      }
    }
  }

  /** Ends the input of a closed connection. If a read is in progress, that read does the rest. */
  void abandon() {
    abandoned = true;
    if (busy.compareAndSet(false, true)) {
      releaseBuffers();
      ended = true;
    }
  }

  private void releaseBuffers() {
    received.release();
    if (overflow != null) {
      releaseOverflow();
    }
  }

  private void releaseOverflow() {
    loans.release(overflow);
    overflow = null;
  }
}
