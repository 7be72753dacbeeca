package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Bytes that were read in advance are read first. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class ReplayedConnectionTest {

  private static byte[] bytes(int n) {
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) (i * 31);
    }
    return bytes;
  }

  @Test
  void everyByteIsReadOnceInOrder() throws Exception {
    for (int n : new int[] {1, 1023, 1024, 1025, 5000}) {
      try (var pair = Loopback.open()) {
        pair.near().output().write(bytes(n));
        pair.near().closeOutput();
        Connection peeked = ReplayedConnection.await(pair.far()).orElseThrow();
        assertThat(peeked.input().available()).isPositive();
        assertThat(peeked.input().read()).isZero();
        var rest = new ByteArrayOutputStream();
        assertThat(peeked.input().transferTo(rest)).isEqualTo(n - 1);
        byte[] all = bytes(n);
        assertThat(rest.toByteArray()).hasSize(n - 1).isEqualTo(Arrays.copyOfRange(all, 1, n));
      }
    }
  }

  @Test
  void readsOfAnySizeCrossTheBoundary() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(bytes(3000));
      pair.near().closeOutput();
      Connection peeked = ReplayedConnection.await(pair.far()).orElseThrow();
      ByteBuffer all = ByteBuffer.allocate(3000);
      ByteBuffer seven = ByteBuffer.allocate(7);
      while (peeked.input().read(seven.clear()) >= 0) {
        all.put(seven.flip());
      }
      assertThat(all.array()).isEqualTo(bytes(3000));
    }
  }

  @Test
  void endWithoutByteReturnsEmpty() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().closeOutput();
      assertThat(ReplayedConnection.await(pair.far())).isEmpty();
    }
  }

  @Test
  void closeEndsWait() throws Exception {
    try (var pair = Loopback.open()) {
      Thread closer = Thread.ofVirtual().start(pair.far()::close);
      assertThatThrownBy(() -> ReplayedConnection.await(pair.far()))
          .isInstanceOf(IOException.class);
      closer.join();
    }
  }

  @Test
  void otherCallsAreForwarded() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(1);
      Connection peeked = ReplayedConnection.await(pair.far()).orElseThrow();
      assertThat(peeked.peer()).isEqualTo(pair.far().peer());
      assertThat(peeked.local()).isEqualTo(pair.far().local());
      assertThat(peeked.underlying()).isSameAs(pair.far());
      assertThat(peeked.received()).isEqualTo(1);
      peeked.output().write(2);
      assertThat(pair.near().input().read()).isEqualTo(2);
      assertThat(peeked.sent()).isEqualTo(1);
      peeked.closeOutput();
      assertThat(pair.near().input().read()).isEqualTo(-1);
    }
  }

  @Test
  void resetIsForwarded() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(1);
      ReplayedConnection.await(pair.far()).orElseThrow().reset();
      assertThatThrownBy(() -> pair.near().input().read()).isInstanceOf(IOException.class);
    }
  }
}
