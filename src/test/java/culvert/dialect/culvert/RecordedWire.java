package culvert.dialect.culvert;

import culvert.net.Connection;
import culvert.testing.MemoryConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection in memory between the two sides of a login. It records both directions and can
 * change a byte of one or truncate it. If both sides would block for ever, both read an end
 * instead, as after a deadline but without the delay.
 */
final class RecordedWire {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** From the origin side to the remote side. */
  final Direction up = new Direction();

  /** From the remote side to the origin side. */
  final Direction down = new Direction();

  private boolean stalled;

  Connection near() {
    return new MemoryConnection(down, up, 1);
  }

  Connection far() {
    return new MemoryConnection(up, down, 2);
  }

  /** The bytes of one direction. The lock guards all fields. */
  final class Direction implements MemoryConnection.Direction {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private int changedAt = -1;
    private int change;
    private int cutAt = Integer.MAX_VALUE;
    private int maxPerRead = Integer.MAX_VALUE;
    private int read;
    private boolean waiting;
    private boolean readerDone;
    private boolean isReaderClosed;
    private boolean isWriterClosed;

    /** Delivers the byte at this offset xor {@code bits}. */
    void change(int offset, int bits) {
      changedAt = offset;
      change = bits;
    }

    /** Ends the direction at this offset. */
    void cut(int offset) {
      cutAt = offset;
    }

    /** Limits the bytes that one read returns. */
    void setMaxPerRead(int bytes) {
      maxPerRead = bytes;
    }

    /** Returns the bytes written, unchanged. */
    byte[] recorded() {
      lock.lock();
      try {
        return written.toByteArray();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      lock.lock();
      try {
        while (read == Math.min(written.size(), cutAt)) {
          waiting = true;
          stalled |= up.isIdle() && down.isIdle();
          if (isReaderClosed) {
            throw new IOException("Connection closed");
          }
          if (isWriterClosed || stalled || read == cutAt) {
            changed.signalAll();
            return -1;
          }
          changed.awaitUninterruptibly();
        }
        return deliver(target);
      } finally {
        lock.unlock();
      }
    }

    private int deliver(ByteBuffer target) {
      byte[] all = written.toByteArray();
      int available = Math.min(all.length, cutAt) - read;
      int n = Math.min(Math.min(target.remaining(), maxPerRead), available);
      if (changedAt >= read && changedAt < read + n) {
        all[changedAt] ^= (byte) change;
      }
      target.put(all, read, n);
      read += n;
      return n;
    }

    /** Its reader has finished the login and sends no more. */
    void readerDone() {
      lock.lock();
      try {
        readerDone = true;
        stalled |= up.isIdle() && down.isIdle();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    private boolean isIdle() {
      return isReaderClosed || readerDone || waiting && read == Math.min(written.size(), cutAt);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      lock.lock();
      try {
        if (isWriterClosed) {
          throw new IOException("the output is closed");
        }
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        written.writeBytes(bytes);
        waiting = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void closeWriter() {
      close(false);
    }

    @Override
    public void closeReader() {
      close(true);
    }

    private void close(boolean reader) {
      lock.lock();
      try {
        isReaderClosed |= reader;
        isWriterClosed |= !reader;
        stalled |= up.isIdle() && down.isIdle();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
