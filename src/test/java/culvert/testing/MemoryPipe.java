package culvert.testing;

import culvert.net.Connection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two connections joined in memory, each direction a bounded ring. Reads can be limited to a few
 * bytes at a time, so that every frame is split at every byte.
 */
public final class MemoryPipe {

  private final Connection near;
  private final Connection far;

  /** Each direction holds {@code capacity} bytes and a read returns at most {@code maxPerRead}. */
  public MemoryPipe(int capacity, int maxPerRead) {
    var forth = new Ring(capacity, maxPerRead);
    var back = new Ring(capacity, maxPerRead);
    near = new MemoryConnection(back, forth, 1);
    far = new MemoryConnection(forth, back, 2);
  }

  /** Returns one end. */
  public Connection near() {
    return near;
  }

  /** Returns the other end. */
  public Connection far() {
    return far;
  }

  private static final class Ring implements MemoryConnection.Direction {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final byte[] bytes;
    private final int maxPerRead;
    private long written;
    private long read;
    private boolean ended;
    private boolean broken;

    Ring(int capacity, int maxPerRead) {
      this.bytes = new byte[capacity];
      this.maxPerRead = maxPerRead;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      lock.lock();
      try {
        while (written == read && !ended && !broken) {
          changed.awaitUninterruptibly();
        }
        if (broken) {
          throw new IOException("the pipe is broken");
        }
        if (written == read) {
          return -1;
        }
        int n = (int) Math.min(Math.min(target.remaining(), maxPerRead), written - read);
        for (int i = 0; i < n; i++) {
          target.put(bytes[(int) (read++ % bytes.length)]);
        }
        changed.signalAll();
        return n;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      lock.lock();
      try {
        while (source.hasRemaining()) {
          while (written - read == bytes.length && !broken) {
            changed.awaitUninterruptibly();
          }
          if (broken || ended) {
            throw new IOException("the pipe is broken");
          }
          bytes[(int) (written++ % bytes.length)] = source.get();
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void closeWriter() {
      end(false);
    }

    @Override
    public void closeReader() {
      end(true);
    }

    @Override
    public void abortWriter() {
      end(true);
    }

    private void end(boolean abruptly) {
      lock.lock();
      try {
        ended = true;
        broken |= abruptly;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
