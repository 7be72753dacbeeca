package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Output of a {@link RecordConnection}: encodes payload into records and writes them to the
 * carrier. Pending records of the transport itself, such as a pong, precede the next payload; if no
 * write is in progress, a separate thread sends them. The records that the carrier did not accept
 * at once are kept; the next write sends them first, so that the caller can give its buffer back.
 */
final class RecordOutput extends ByteOutput {

  /** Maximum size of records that get a buffer of their own instead of one from the pool. */
  private static final int SMALL_BYTES = 4 * 1024;

  private final Connection carrier;
  private final RecordEncoder encoder;
  private final BufferPool pool;

  /**
   * Held during a write to the carrier, by the writer or a thread that sends pending records. It
   * guards the encoder, the order of records and {@code closed}.
   */
  private final ReentrantLock lock = new ReentrantLock();

  /** Whether a thread that sends pending records was started and has not begun to send. */
  private final AtomicBoolean senderStarting = new AtomicBoolean();

  /** Guarded by {@code lock}. */
  private boolean closed;

  /** Whether the carrier has accepted the end and everything before it. */
  private volatile boolean ended;

  /**
   * The rest of records that the carrier did not accept at once, or null. Guarded by {@code lock}.
   */
  private ByteBuffer unsent;

  RecordOutput(Connection carrier, RecordEncoder encoder, BufferPool pool) {
    this.carrier = carrier;
    this.encoder = encoder;
    this.pool = pool;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    lock.lock();
    try {
      checkOpen();
      sendUnsent();
      while (source.hasRemaining()) {
        writeRecords(source);
        sendUnsent();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean writeSome(ByteBuffer source) throws IOException {
    lock.lock();
    try {
      checkOpen();
      while (unsent == null && source.hasRemaining()) {
        writeRecords(source);
      }
      return unsent == null;
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the output is closed");
    }
  }

  private void writeRecords(ByteBuffer source) throws IOException {
    int end = source.limit();
    source.limit(source.position() + Math.min(source.remaining(), maxPayload()));
    ByteBuffer records = borrow(source.remaining());
    try {
      if (encoder.hasPending()) {
        encoder.encodePending(records);
      }
      encoder.encode(source, records);
      source.limit(end);
      if (!carrier.output().writeSome(records.flip())) {
        records = pool.shrink(records);
        unsent = records;
      }
    } finally {
      if (unsent == null) {
        pool.release(records);
      }
    }
  }

  /** Waits until the carrier has accepted the rest of the last records. */
  private void sendUnsent() throws IOException {
    if (unsent != null) {
      try {
        carrier.output().write(unsent);
      } finally {
        pool.release(unsent);
        unsent = null;
      }
    }
  }

  /** Returns how many bytes are encoded at once: fewer when memory is short. */
  private int maxPayload() {
    return pool.bulkBytes() == BufferPool.BUFFER_BYTES
        ? Integer.MAX_VALUE
        : BufferPool.MEDIUM_BYTES;
  }

  private ByteBuffer borrow(int payload) {
    int size = encoder.maxEncodedBytes(payload);
    boolean isLarge = size > SMALL_BYTES && maxPayload() > BufferPool.MEDIUM_BYTES;
    return isLarge || payload > BufferPool.MEDIUM_BYTES ? pool.borrow() : pool.borrow(size);
  }

  /** Half-closes the connection as the transport does it; a second call has no effect. */
  void end() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      sendUnsent();
      ByteBuffer records = allocate();
      boolean closesCarrier = encoder.encodeEnd(records);
      if (records.flip().hasRemaining()) {
        carrier.output().write(records);
      }
      if (closesCarrier) {
        carrier.closeOutput();
      }
      ended = true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether {@link #end} has written everything; takes no lock. */
  boolean hasEnded() {
    return ended;
  }

  /**
   * Sends pending records, if there are any, in a thread of its own: the calling reader must not
   * wait for the writer.
   */
  void startSendingPending() {
    if (encoder.hasPending() && senderStarting.compareAndSet(false, true)) {
      Threads.start("answer to " + carrier.peer(), this::sendPending);
    }
  }

  /**
   * Sends pending records, unless a write is in progress or has left records: the next write sends
   * them then.
   */
  void trySendPending() {
    if (encoder.hasPending() && lock.tryLock()) {
      try {
        if (unsent == null) {
          sendPending();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void sendPending() {
    lock.lock();
    try {
      senderStarting.set(false);
      sendUnsent();
      if (encoder.hasPending()) {
        ByteBuffer records = allocate();
        encoder.encodePending(records);
        carrier.output().write(records.flip());
      }
    } catch (IOException e) {
      // The next read or write fails with the same cause.
    } finally {
      lock.unlock();
    }
  }

  private ByteBuffer allocate() {
    return ByteBuffer.allocate(Math.max(SMALL_BYTES, encoder.maxEncodedBytes(0)));
  }
}
