package culvert.mux;

import culvert.net.BufferPool;
import java.nio.ByteBuffer;

/**
 * Received and unread bytes of one stream, as a chain of chunks. Small frames fill up the last
 * chunk, so that many tiny frames cannot use much more memory than their bytes; large frames use a
 * large buffer unless memory is short. Not thread-safe: the stream's lock guards it.
 */
final class ReceiveQueue {

  /** A run of bytes; once taken, {@code bytes} is readable from its position to its limit. */
  static final class Chunk {
    ByteBuffer bytes;
    Chunk next;

    private Chunk(ByteBuffer bytes) {
      this.bytes = bytes;
    }
  }

  /** Size of the smallest chunk, in bytes. */
  static final int MIN_CHUNK_BYTES = 512;

  private final BufferPool pool;
  private Chunk first;
  private Chunk last;
  private long held;

  ReceiveQueue(BufferPool pool) {
    this.pool = pool;
  }

  boolean isEmpty() {
    return first == null;
  }

  /** Returns the memory of all chunks in bytes, including chunks taken and not recycled yet. */
  long held() {
    return held;
  }

  /** Copies all of {@code source}. */
  void add(ByteBuffer source) {
    if (last != null) {
      put(last.bytes, source);
    }
    while (source.hasRemaining()) {
      Chunk chunk = new Chunk(allocate(source.remaining()));
      put(chunk.bytes, source);
      if (last == null) {
        first = chunk;
      } else {
        last.next = chunk;
      }
      last = chunk;
      held += chunk.bytes.capacity();
    }
  }

  private ByteBuffer allocate(int bytes) {
    return bytes > BufferPool.MEDIUM_BYTES && pool.bulkBytes() == BufferPool.BUFFER_BYTES
        ? pool.borrow()
        : pool.borrow(Math.max(bytes, MIN_CHUNK_BYTES));
  }

  private static void put(ByteBuffer target, ByteBuffer source) {
    int n = Math.min(target.remaining(), source.remaining());
    int end = source.limit();
    source.limit(source.position() + n);
    target.put(source);
    source.limit(end);
  }

  /** Takes the whole chain, ready to read; the caller returns each chunk with {@link #recycle}. */
  Chunk takeAll() {
    Chunk chain = first;
    for (Chunk chunk = chain; chunk != null; chunk = chunk.next) {
      chunk.bytes.flip();
    }
    first = null;
    last = null;
    return chain;
  }

  /** Moves as many bytes as fit into {@code target}; returns their number. */
  int read(ByteBuffer target) {
    int before = target.remaining();
    while (first != null && target.hasRemaining()) {
      ByteBuffer bytes = first.bytes.flip();
      put(target, bytes);
      if (bytes.hasRemaining()) {
        // Moves the rest to the front, ready to be filled.
        bytes.compact();
      } else {
        Chunk done = first;
        first = done.next;
        if (first == null) {
          last = null;
        }
        recycle(done);
      }
    }
    return before - target.remaining();
  }

  /** Discards all bytes that were not taken. */
  void clear() {
    recycleAll(takeAll());
  }

  void recycleAll(Chunk chain) {
    for (Chunk chunk = chain; chunk != null; chunk = chunk.next) {
      recycle(chunk);
    }
  }

  /** Releases a taken chunk. */
  void recycle(Chunk chunk) {
    held -= chunk.bytes.capacity();
    pool.release(chunk.bytes);
  }

  /**
   * Moves the bytes of each taken chunk to a buffer of their size, see {@link BufferPool#shrink}.
   */
  void shrinkAll(Chunk chain) {
    for (Chunk chunk = chain; chunk != null; chunk = chunk.next) {
      held -= chunk.bytes.capacity();
      chunk.bytes = pool.shrink(chunk.bytes);
      held += chunk.bytes.capacity();
    }
  }
}
