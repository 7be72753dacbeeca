package culvert.dialect.culvert;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A wire in memory between the two sides of a login, which records both directions and can change a
 * byte of one or cut it. Where both sides would wait for each other for ever, both read an end
 * instead: that is what a deadline does, without the time.
 */
final class RecordedWire {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** From the origin side to the remote side. */
  final Direction up = new Direction();

  /** The other way. */
  final Direction down = new Direction();

  private boolean stalled;

  Connection near() {
    return new End(down, up, 1);
  }

  Connection far() {
    return new End(up, down, 2);
  }

  /** What goes one way. The lock guards all of it. */
  final class Direction {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private int changedAt = -1;
    private int change;
    private int cutAt = Integer.MAX_VALUE;
    private int maxPerRead = Integer.MAX_VALUE;
    private int read;
    private boolean waiting;
    private boolean readerDone;
    private boolean readerGone;
    private boolean writerGone;

    /** The byte at this offset is not what was written, but that xor {@code bits}. */
    void change(int offset, int bits) {
      changedAt = offset;
      change = bits;
    }

    /** Nothing from this offset on arrives, but the end. */
    void cut(int offset) {
      cutAt = offset;
    }

    /** So many bytes come at a time. */
    void pieces(int bytes) {
      maxPerRead = bytes;
    }

    /** What was written, unchanged. */
    byte[] recorded() {
      lock.lock();
      try {
        return written.toByteArray();
      } finally {
        lock.unlock();
      }
    }

    private int read(ByteBuffer target) throws IOException {
      lock.lock();
      try {
        while (read == Math.min(written.size(), cutAt)) {
          waiting = true;
          stalled |= up.isIdle() && down.isIdle();
          if (readerGone) {
            throw new IOException("Connection closed");
          }
          if (writerGone || stalled || read == cutAt) {
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
      int there = Math.min(all.length, cutAt) - read;
      int n = Math.min(Math.min(target.remaining(), maxPerRead), there);
      if (changedAt >= read && changedAt < read + n) {
        all[changedAt] ^= (byte) change;
      }
      target.put(all, read, n);
      read += n;
      return n;
    }

    /** Its reader has come to an end of the login, and says no more. */
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
      return readerGone || readerDone || waiting && read == Math.min(written.size(), cutAt);
    }

    private void write(ByteBuffer source) throws IOException {
      lock.lock();
      try {
        if (writerGone) {
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

    private void leave(boolean reader) {
      lock.lock();
      try {
        readerGone |= reader;
        writerGone |= !reader;
        stalled |= up.isIdle() && down.isIdle();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private static final class End implements Connection {
    private final Direction in;
    private final Direction out;
    private final InetSocketAddress address;

    End(Direction in, Direction out, int port) {
      this.in = in;
      this.out = out;
      this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public ByteInput input() {
      return new ByteInput() {
        @Override
        public int read(ByteBuffer target) throws IOException {
          return in.read(target);
        }
      };
    }

    @Override
    public ByteOutput output() {
      return new ByteOutput() {
        @Override
        public void write(ByteBuffer source) throws IOException {
          out.write(source);
        }
      };
    }

    @Override
    public void closeOutput() {
      out.leave(false);
    }

    @Override
    public void reset() {
      close();
    }

    @Override
    public void close() {
      in.leave(true);
      out.leave(false);
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
      return 0;
    }

    @Override
    public long sent() {
      return 0;
    }

    @Override
    public Optional<CloseCause> closeCause() {
      return Optional.empty();
    }
  }
}
