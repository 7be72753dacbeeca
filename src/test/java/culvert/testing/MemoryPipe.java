package culvert.testing;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two connections joined in memory, each direction a bounded ring. Reads can be limited to a few
 * bytes at a time, so that every frame is split at every byte.
 */
public final class MemoryPipe {

  private final End near;
  private final End far;

  /** Each direction holds {@code capacity} bytes and a read returns at most {@code maxPerRead}. */
  public MemoryPipe(int capacity, int maxPerRead) {
    var forth = new Ring(capacity, maxPerRead);
    var back = new Ring(capacity, maxPerRead);
    near = new End(back, forth, 1);
    far = new End(forth, back, 2);
  }

  /** Returns one end. */
  public Connection near() {
    return near;
  }

  /** Returns the other end. */
  public Connection far() {
    return far;
  }

  private static final class Ring {
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

    int read(ByteBuffer target) throws IOException {
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

    void write(ByteBuffer source) throws IOException {
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

    void end(boolean abruptly) {
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

  private static final class End implements Connection {
    private final Ring in;
    private final Ring out;
    private final InetSocketAddress address;
    private volatile long received;
    private volatile long sent;

    End(Ring in, Ring out, int port) {
      this.in = in;
      this.out = out;
      this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) throws IOException {
          int n = in.read(target);
          received += Math.max(n, 0);
          return n;
        }
      };
    }

    @Override
    public ByteOutput output() {
      return new ByteOutput() {
        @Override
        public void write(ByteBuffer source) throws IOException {
          int n = source.remaining();
          out.write(source);
          sent += n;
        }
      };
    }

    @Override
    public void closeOutput() {
      out.end(false);
    }

    @Override
    public void reset() {
      in.end(true);
      out.end(true);
    }

    @Override
    public void close() {
      in.end(true);
      out.end(false);
    }

    @Override
    public InetSocketAddress peer() {
      return address;
    }

    @Override
    public InetSocketAddress local() {
      return address;
    }

    @Override
    public long received() {
      return received;
    }

    @Override
    public long sent() {
      return sent;
    }

    @Override
    public Optional<CloseCause> closeCause() {
      return Optional.empty();
    }
  }
}
