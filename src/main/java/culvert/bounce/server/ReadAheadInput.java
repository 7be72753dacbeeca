package culvert.bounce.server;

import culvert.net.ByteInput;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What a peer sends, read by a thread of its own before anybody asks for it, up to a bound: so that
 * its end is noticed while nobody wants its bytes, and so that it can be waited for with a limit.
 * Once it is released, whoever reads does so himself, after what was read ahead.
 */
final class ReadAheadInput extends ByteInput {

  /** What is read ahead at the most; what comes beyond it waits in the network. */
  static final int MAX_BYTES = 16 * 1024;

  /** To wait for as long as it takes. */
  static final long NO_TIMEOUT = Long.MAX_VALUE;

  private static final int FIRST_BYTES = 2 * 1024;

  private final ByteInput source;
  private final ReentrantLock lock = new ReentrantLock();

  /** Something below is another than before. */
  private final Condition changed = lock.newCondition();

  // The lock guards all of these; bytes from end on are the reading thread's alone.
  private byte[] held = new byte[FIRST_BYTES];
  private int start;
  private int end;
  private boolean released;
  private boolean knocked;

  /** Nobody reads ahead any more. */
  private boolean stopped;

  private boolean ended;
  private IOException fault;

  private ReadAheadInput(ByteInput source) {
    this.source = source;
  }

  /** Begins to read ahead, in a thread of that name. */
  static ReadAheadInput of(ByteInput source, String name) {
    var input = new ReadAheadInput(source);
    Threads.start(name, input::readAhead);
    return input;
  }

  private void readAhead() {
    IOException failure = null;
    try {
      for (ByteBuffer room = room(); room.hasRemaining(); room = room()) {
        int n = source.read(room);
        if (!came(n)) {
          return;
        }
      }
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException(e);
      throw e;
    } finally {
      stop(failure);
    }
  }

  /** Where the next bytes go, once there is room; nowhere after a release. */
  private ByteBuffer room() {
    lock.lock();
    try {
      while (!released && end - start == MAX_BYTES) {
        changed.awaitUninterruptibly();
      }
      if (released) {
        return ByteBuffer.allocate(0);
      }
      if (end == held.length || start == end) {
        makeRoom();
      }
      return ByteBuffer.wrap(held, end, held.length - end);
    } finally {
      lock.unlock();
    }
  }

  private void makeRoom() {
    int size = end - start;
    byte[] target = size > held.length / 2 ? new byte[Math.min(2 * size, MAX_BYTES)] : held;
    System.arraycopy(held, start, target, 0, size);
    held = target;
    start = 0;
    end = size;
  }

  private boolean came(int n) {
    lock.lock();
    try {
      if (n < 0) {
        ended = true;
      } else {
        end += n;
      }
      changed.signalAll();
      return n >= 0;
    } finally {
      lock.unlock();
    }
  }

  private void stop(IOException failure) {
    lock.lock();
    try {
      stopped = true;
      fault = failure;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** From now on nothing more is read ahead than the read that is under way brings. */
  void release() {
    lock.lock();
    try {
      released = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends a wait that is under way, or the next one. */
  void wakeUp() {
    lock.lock();
    try {
      knocked = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until more than {@code known} bytes are held, the end has come, or somebody knocks.
   *
   * @param nanos for so long at the most
   * @return false if the time was up first
   */
  boolean await(int known, long nanos) throws IOException {
    lock.lock();
    try {
      long left = nanos;
      while (end - start <= known && !stopped && !knocked) {
        if (left <= 0) {
          return false;
        }
        left = await(left);
      }
      knocked = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private long await(long nanos) throws IOException {
    try {
      if (nanos == NO_TIMEOUT) {
        changed.await();
        return NO_TIMEOUT;
      }
      return changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  /** Whether the peer has ended or broken it; bytes that came before may still be held. */
  boolean isFinished() {
    lock.lock();
    try {
      return ended || fault != null;
    } finally {
      lock.unlock();
    }
  }

  /** What has broken it, if anything has. */
  Optional<IOException> fault() {
    lock.lock();
    try {
      return Optional.ofNullable(fault);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the peer has ended it cleanly; bytes that came before may still be held. */
  boolean hasEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** How many bytes are held. */
  int size() {
    lock.lock();
    try {
      return end - start;
    } finally {
      lock.unlock();
    }
  }

  /** Shows what is held to somebody, who must not block and takes as much as he likes. */
  void consume(Consumer<ByteBuffer> taker) {
    lock.lock();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(held, start, end - start);
      taker.accept(bytes);
      start = bytes.position();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A copy of what is held beyond the first {@code known} bytes; it stays held. */
  byte[] copyFrom(int known) {
    lock.lock();
    try {
      return Arrays.copyOfRange(held, start + known, end);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int before = target.position();
    while (awaitEarly()) {
      consume(bytes -> {
        int n = Math.min(bytes.remaining(), target.remaining());
        target.put(bytes.slice(bytes.position(), n));
        bytes.position(bytes.position() + n);
      });
      if (target.position() > before) {
        return target.position() - before;
      }
    }
    return isFinished() ? -1 : source.read(target);
  }

  /** Waits for bytes that were read ahead; false once there are no more of them. */
  private boolean awaitEarly() throws IOException {
    lock.lock();
    try {
      while (start == end && !stopped) {
        await(NO_TIMEOUT);
      }
      if (start < end) {
        return true;
      }
      held = new byte[0];
      start = 0;
      end = 0;
      if (fault != null) {
        throw new IOException(fault.getMessage(), fault);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** What was read ahead, and then as fast as the source itself does it. */
  @Override
  public long transferTo(OutputStream out) throws IOException {
    long total = 0;
    while (awaitEarly()) {
      byte[] piece = copyFrom(0);
      consume(bytes -> bytes.position(bytes.position() + piece.length));
      out.write(piece);
      total += piece.length;
    }
    return isFinished() ? total : total + source.transferTo(out);
  }
}
