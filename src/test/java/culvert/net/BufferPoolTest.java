package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool(new MemoryBudget(1 << 26), 2);

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
    var shared = new BufferPool(new MemoryBudget(1 << 20), 4);
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

  @Test
  void everyLoanCountsInTheBudgetUntilItIsReleased() {
    MemoryBudget budget = pool.budget();
    ByteBuffer large = pool.borrow();
    ByteBuffer medium = pool.tryBorrow(BufferPool.MEDIUM_BYTES);
    ByteBuffer odd = pool.borrow(1000);
    int all = BufferPool.BUFFER_BYTES + BufferPool.MEDIUM_BYTES + 1000;
    assertThat(budget.held()).isEqualTo(all);
    ByteBuffer rest = pool.shrink(large.limit(10));
    assertThat(rest.isDirect()).isFalse();
    assertThat(rest.remaining()).isEqualTo(10);
    assertThat(budget.held()).isEqualTo(all - BufferPool.BUFFER_BYTES + 10);
    for (ByteBuffer buffer : List.of(rest, medium, odd)) {
      pool.release(buffer);
    }
    assertThat(budget.held()).isZero();
    assertThat(pool.borrowed()).isZero();
  }

  @Test
  void loansAreSmallUnderPressure() {
    var budget = new MemoryBudget(1 << 20);
    var scarce = new BufferPool(budget);
    assertThat(scarce.bulkBytes()).isEqualTo(BufferPool.BUFFER_BYTES);
    ByteBuffer quarter = scarce.borrow((1 << 18) + 1);
    assertThat(scarce.bulkBytes()).isEqualTo(BufferPool.MEDIUM_BYTES);
    ByteBuffer half = scarce.borrow(1 << 18);
    assertThat(scarce.bulkBytes()).isEqualTo(BufferPool.SMALL_BYTES);
    scarce.release(half);
    scarce.release(quarter);
    assertThat(scarce.bulkBytes()).isEqualTo(BufferPool.BUFFER_BYTES);
  }

  @Test
  void loansAreSmallerWhenNoDirectBufferIsLeft() {
    pool.borrow();
    assertThat(pool.bulkBytes()).isEqualTo(BufferPool.BUFFER_BYTES);
    pool.borrow();
    assertThat(pool.bulkBytes()).isEqualTo(BufferPool.MEDIUM_BYTES);
  }

  /** Free buffers of the large size are not a reason to lend medium ones from the heap. */
  @Test
  void freeLargeBuffersDoNotCountAsMediumOnes() {
    int most = BufferPool.MEDIUM_BYTES;
    while (pool.bulkBytes(most) == BufferPool.MEDIUM_BYTES) {
      assertThat(pool.tryBorrow(BufferPool.MEDIUM_BYTES).isDirect()).isTrue();
    }
    assertThat(pool.bulkBytes(most)).isEqualTo(BufferPool.SMALL_BYTES);
    assertThat(pool.tryBorrow(BufferPool.MEDIUM_BYTES)).isNull();
    assertThat(pool.bulkBytes(most + 1)).isEqualTo(BufferPool.BUFFER_BYTES);
  }
}
