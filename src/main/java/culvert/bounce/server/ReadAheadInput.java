package culvert.bounce.server;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Input that a thread of its own reads ahead, up to a maximum, before the bytes are needed. The end
 * of the input is therefore detected while no other thread reads, and a caller can wait for bytes
 * with a timeout. After {@link #release}, callers get the bytes that were read ahead and then read
 * the source themselves.
 *
 * <p>The bytes are in a buffer of the pool, which counts in the budget of the process. It has 2 KiB
 * and grows only after {@link #setAuthenticated}, and not while half of the budget is in use.
 */
final class ReadAheadInput extends ByteInput {

  /** Maximum number of bytes that are read ahead; TCP flow control holds back the rest. */
  static final int MAX_BYTES = 16 * 1024;

  /** Waits without a timeout. */
  static final long NO_TIMEOUT = Long.MAX_VALUE;

  /** Size of the buffer at first, and maximum number of bytes that {@link #copyFrom} returns. */
  static final int INITIAL_BYTES = 2 * 1024;

  /** In place of free space after a release. */
  private static final ByteBuffer NONE = ByteBuffer.allocate(0);

  private final ByteInput source;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when one of the fields below changes. */
  private final Condition changed = lock.newCondition();

  // Guarded by the lock:
  private final HeldBytes held;
  private boolean released;
  private boolean closed;
  private boolean wakeUpRequested;

  /** The reading thread has ended. */
  private boolean stopped;

  private boolean ended;
  private IOException fault;

  private ReadAheadInput(ByteInput source, BufferPool pool) {
    this.source = source;
    this.held = new HeldBytes(pool);
  }

  /** Starts reading ahead, in a thread with this name, until {@link #release} or {@link #close}. */
  static ReadAheadInput of(ByteInput source, BufferPool pool, String name) {
    var input = new ReadAheadInput(source, pool);
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
    if (isFull()) {
      source.shrink();
    }
    lock.lock();
    try {
      while (!released && !held.hasSpace()) {
        changed.awaitUninterruptibly();
      }
      return released ? NONE : held.space();
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull() {
    lock.lock();
    try {
      return !released && !held.hasSpace();
    } finally {
      lock.unlock();
    }
  }

  private boolean received(int n) {
    lock.lock();
    try {
      if (n < 0) {
        ended = true;
      } else {
        held.added(n);
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
      if (closed) {
        held.release();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Allows more than {@link #INITIAL_BYTES} to be held. */
  void setAuthenticated() {
    lock.lock();
    try {
      held.allowGrowth();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops reading ahead, and discards the held bytes once the reading thread has ended: the caller
   * has closed the connection. No thread may read this input any more.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      released = true;
      closed = true;
      if (stopped) {
        held.release();
      }
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
      while (held.size() <= known && !stopped && !wakeUpRequested) {
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
      return held.size();
    } finally {
      lock.unlock();
    }
  }

  /** Passes the held bytes to a consumer, which removes those it reads and must not block. */
  void consume(Consumer<ByteBuffer> consumer) {
    lock.lock();
    try {
      ByteBuffer bytes = held.view();
      consumer.accept(bytes);
      held.removed(bytes.position());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns a copy of the held bytes from {@code offset} on, at most {@link #INITIAL_BYTES},
   * without removing them: the caller may wait with the copy, which counts in no budget.
   */
  byte[] copyFrom(int offset) {
    lock.lock();
    try {
      return held.copyFrom(offset, INITIAL_BYTES);
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
      while (held.size() == 0 && !stopped) {
        await(NO_TIMEOUT);
      }
      if (held.size() > 0) {
        return true;
      }
      held.release();
      if (fault != null) {
        throw new IOException(fault.getMessage(), fault);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Transfers the bytes read ahead, then lets the source transfer the rest in its own way. The
   * caller has released the input, so that the held bytes stay where they are.
   */
  @Override
  public long transferTo(OutputStream out) throws IOException {
    long total = 0;
    while (awaitReadAhead()) {
      total += transferHeld(out);
    }
    return isFinished() ? total : total + source.transferTo(out);
  }

  /** Writes the held bytes from the buffer itself: a write that waits holds no copy. */
  private int transferHeld(OutputStream out) throws IOException {
    ByteBuffer bytes;
    lock.lock();
    try {
      bytes = held.view();
    } finally {
      lock.unlock();
    }
    int n = bytes.remaining();
    out.write(bytes.array(), bytes.arrayOffset(), n);
    consume(first -> first.position(n));
    return n;
  }
}
