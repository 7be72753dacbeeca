package culvert.protocol;

import culvert.testing.BareLogin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A wire in memory between two live peers of a handshake, which records both directions and can
 * flip bits in them. Where both peers would wait for each other for ever, both read the end
 * instead: that is what a deadline does, without the time.
 */
final class Wire {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Pipe up;
  private final Pipe down;
  private boolean stalled;

  private Wire(BitSet flippedUp, BitSet flippedDown) {
    up = new Pipe(flippedUp);
    down = new Pipe(flippedDown);
  }

  /** How a side ended: one of the two is there. */
  record Side(Optional<Handshake.Peer> peer, Optional<IOException> failure) {}

  /** Both sides, and what each direction carried before any bit was flipped. */
  record Result(Side dialling, Side accepting, byte[] up, byte[] down) {}

  static Result run(Handshake.Local dialling, Handshake.Local accepting)
      throws InterruptedException {
    return run(dialling, accepting, -1, -1);
  }

  /** As {@link #run}, with the given bit of each direction flipped; -1 flips none. */
  static Result run(
      Handshake.Local dialling, Handshake.Local accepting, int flippedUp, int flippedDown)
      throws InterruptedException {
    return run(dialling, accepting, bit(flippedUp), bit(flippedDown));
  }

  private static BitSet bit(int bit) {
    var bits = new BitSet();
    if (bit >= 0) {
      bits.set(bit);
    }
    return bits;
  }

  /** As {@link #run}, with the given bits of each direction flipped. */
  static Result run(
      Handshake.Local dialling, Handshake.Local accepting, BitSet flippedUp, BitSet flippedDown)
      throws InterruptedException {
    var wire = new Wire(flippedUp, flippedDown);
    var accepted = new Side[1];
    var failed = new Throwable[1];
    Thread acceptor =
        Thread.ofVirtual()
            .uncaughtExceptionHandler((thread, e) -> failed[0] = e)
            .start(() -> accepted[0] = side(BareLogin::accept, accepting, wire.up, wire.down));
    Side dialled = side(BareLogin::dial, dialling, wire.down, wire.up);
    acceptor.join();
    if (failed[0] != null) {
      throw new AssertionError("the accepting side threw", failed[0]);
    }
    return new Result(
        dialled, accepted[0], wire.up.written.toByteArray(), wire.down.written.toByteArray());
  }

  private interface Role {
    Handshake.Peer run(Handshake.Local self, InputStream in, OutputStream out) throws IOException;
  }

  private static Side side(Role role, Handshake.Local self, Pipe in, Pipe out) {
    try {
      return new Side(Optional.of(role.run(self, in.input, out.output)), Optional.empty());
    } catch (IOException e) {
      return new Side(Optional.empty(), Optional.of(e));
    } finally {
      in.readerLeft();
      out.writerLeft();
    }
  }

  private final class Pipe {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final BitSet flipped;
    private int read;
    private boolean waiting;
    private boolean unread;
    private boolean ended;

    Pipe(BitSet flipped) {
      this.flipped = flipped;
    }

    final InputStream input =
        new InputStream() {
          @Override
          public int read() {
            lock.lock();
            try {
              while (read == written.size()) {
                waiting = true;
                stalled = stalled || up.idle() && down.idle();
                if (ended || stalled) {
                  changed.signalAll();
                  return -1;
                }
                changed.awaitUninterruptibly();
              }
              int b = written.toByteArray()[read] & 0xff;
              for (int bit = 0; bit < 8; bit++) {
                b ^= flipped.get(8 * read + bit) ? 0x80 >> bit : 0;
              }
              read++;
              return b;
            } finally {
              lock.unlock();
            }
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            int b = length == 0 ? 0 : read();
            if (length > 0 && b >= 0) {
              bytes[offset] = (byte) b;
            }
            return length == 0 ? 0 : b < 0 ? -1 : 1;
          }
        };

    final OutputStream output =
        new OutputStream() {
          @Override
          public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            lock.lock();
            try {
              written.write(bytes, offset, length);
              waiting = false;
              changed.signalAll();
            } finally {
              lock.unlock();
            }
          }
        };

    private boolean idle() {
      return waiting || unread;
    }

    private void readerLeft() {
      lock.lock();
      try {
        unread = true;
        stalled = stalled || up.idle() && down.idle();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    private void writerLeft() {
      lock.lock();
      try {
        ended = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
