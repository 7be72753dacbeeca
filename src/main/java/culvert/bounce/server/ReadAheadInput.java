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
 * Input that a thread of its own reads ahead, up to a maximum, before the bytes are needed. The end
 * of the input is therefore detected while no other thread reads, and a caller can wait for bytes
 * with a timeout. After {@link #release}, callers get the bytes that were read ahead and then read
 * the source themselves.
 */
final class ReadAheadInput extends ByteInput {

  /** Maximum number of bytes that are read ahead; TCP flow control holds back the rest. */
  static final int MAX_BYTES = 16 * 1024;

  /** Waits without a timeout. */
  static final long NO_TIMEOUT = Long.MAX_VALUE;

  private static final int INITIAL_BYTES = 2 * 1024;

  private final ByteInput source;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when one of the fields below changes. */
  private final Condition changed = lock.newCondition();

  // Guarded by the lock, except the bytes from end on, which only the reading thread uses.
  private byte[] buffer = new byte[INITIAL_BYTES];
  private int start;
  private int end;
  private boolean released;
  private boolean wakeUpRequested;

  /** The reading thread has ended. */
  private boolean stopped;

  private boolean ended;
  private IOException fault;

  private ReadAheadInput(ByteInput source) {
    this.source = source;
  }

  /** Starts reading ahead, in a thread with this name. */
  static ReadAheadInput of(ByteInput source, String name) {
    var input = new ReadAheadInput(source);
    Threads.start(name, input::readAhead);
    return input;
  }

  private void readAhead() {
    IOException failure = null;
    try {
      for (ByteBuffer space = awaitSpace(); space.hasRemaining(); space = awaitSpace()) {
        int n = source.read(space);
        if (!received(n)) {
          return;
        }
      }
      // The bytes that follow are read by another thread, after it has written those held here.
      source.shrink();
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException(e);
      throw e;
    } finally {
      stop(failure);
    }
  }

  /** Waits for free space in the buffer and returns it; returns an empty buffer after a release. */
  private ByteBuffer awaitSpace() {
    if (size() == MAX_BYTES) {
      source.shrink();
    }
    lock.lock();
    try {
      while (!released && end - start == MAX_BYTES) {
        changed.awaitUninterruptibly();
      }
      if (released) {
        return ByteBuffer.allocate(0);
      }
      if (end == buffer.length || start == end) {
        compactOrGrow();
      }
      return ByteBuffer.wrap(buffer, end, buffer.length - end);
    } finally {
      lock.unlock();
    }
  }

  private void compactOrGrow() {
    int size = end - start;
    byte[] target = size > buffer.length / 2 ? new byte[Math.min(2 * size, MAX_BYTES)] : buffer;
    System.arraycopy(buffer, start, target, 0, size);
    buffer = target;
    start = 0;
    end = size;
  }

  private boolean received(int n) {
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

  /** Stops reading ahead. A read in progress may still add bytes. */
  void release() {
    lock.lock();
    try {
      released = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the current {@link #await}, or the next one if no thread is waiting. */
  void wakeUp() {
    lock.lock();
    try {
      wakeUpRequested = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until more than {@code known} bytes are held, the input has ended or failed, or {@link
   * #wakeUp} is called.
   *
   * @param nanos timeout, or {@link #NO_TIMEOUT}
   * @return false after the timeout
   */
  boolean await(int known, long nanos) throws IOException {
    lock.lock();
    try {
      long left = nanos;
      while (end - start <= known && !stopped && !wakeUpRequested) {
        if (left <= 0) {
          return false;
        }
        left = await(left);
      }
      wakeUpRequested = false;
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

  /** Returns whether the input has ended or failed; earlier bytes may still be held. */
  boolean isFinished() {
    lock.lock();
    try {
      return ended || fault != null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the cause if reading has failed. */
  Optional<IOException> fault() {
    lock.lock();
    try {
      return Optional.ofNullable(fault);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the peer has closed its output cleanly; earlier bytes may still be held. */
  boolean hasEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of bytes held. */
  int size() {
    lock.lock();
    try {
      return end - start;
    } finally {
      lock.unlock();
    }
  }

  /** Passes the held bytes to a consumer, which removes those it reads and must not block. */
  void consume(Consumer<ByteBuffer> consumer) {
    lock.lock();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(buffer, start, end - start);
      consumer.accept(bytes);
      start = bytes.position();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns a copy of the held bytes from {@code offset} on, without removing them. */
  byte[] copyFrom(int offset) {
    lock.lock();
    try {
      return Arrays.copyOfRange(buffer, start + offset, end);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int before = target.position();
    while (awaitReadAhead()) {
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

  /** Waits for bytes that are read ahead; returns false once no more will follow. */
  private boolean awaitReadAhead() throws IOException {
    lock.lock();
    try {
      while (start == end && !stopped) {
        await(NO_TIMEOUT);
      }
      if (start < end) {
        return true;
      }
      buffer = new byte[0];
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

  /** Transfers the bytes read ahead, then lets the source transfer the rest in its own way. */
  @Override
  public long transferTo(OutputStream out) throws IOException {
    long total = 0;
    while (awaitReadAhead()) {
      byte[] piece = copyFrom(0);
      consume(bytes -> bytes.position(bytes.position() + piece.length));
      out.write(piece);
      total += piece.length;
    }
    return isFinished() ? total : total + source.transferTo(out);
  }
}
