package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool(2);

  @Test
  void releasedBufferIsLentAgainCleared() {
    ByteBuffer first = pool.borrow();
    first.position(7).limit(9);
    pool.release(first);
    ByteBuffer again = pool.borrow();
    assertThat(again).isSameAs(first);
    assertThat(again.position()).isZero();
    assertThat(again.remaining()).isEqualTo(BufferPool.BUFFER_BYTES);
  }

  @Test
  void borrowerGetsHeapBufferBeyondLimit() {
    assertThat(pool.borrow().isDirect()).isTrue();
    assertThat(pool.borrow().isDirect()).isTrue();
    ByteBuffer third = pool.borrow();
    assertThat(third.isDirect()).isFalse();
    assertThat(third.remaining()).isEqualTo(BufferPool.BUFFER_BYTES);
    assertThat(pool.borrowed()).isEqualTo(2);
    pool.release(third);
    assertThat(pool.borrowed()).isEqualTo(2);
    assertThat(pool.borrow().isDirect()).as("heap buffers are not kept").isFalse();
  }

  @Test
  void borrowedBuffersAreCounted() {
    assertThat(pool.borrowed()).isZero();
    ByteBuffer one = pool.borrow();
    ByteBuffer two = pool.borrow();
    assertThat(pool.borrowed()).isEqualTo(2);
    pool.release(one);
    assertThat(pool.borrowed()).isEqualTo(1);
    pool.release(two);
    assertThat(pool.borrowed()).isZero();
  }

  @Test
  void concurrentBorrowersNeverShareOrLoseBuffers() throws Exception {
    var shared = new BufferPool(4);
    var clashes = new AtomicInteger();
    var threads =
        IntStream.range(0, 8)
            .mapToObj(id ->
                Thread.ofVirtual()
                    .start(() -> {
                      for (int i = 0; i < 2_000; i++) {
                        ByteBuffer buffer = shared.borrow();
                        buffer.put(0, (byte) id);
                        Thread.yield();
                        if (buffer.get(0) != id) {
                          clashes.incrementAndGet();
                        }
                        shared.release(buffer);
                      }
                    }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(clashes).hasValue(0);
    assertThat(shared.borrowed()).isZero();
  }
}
