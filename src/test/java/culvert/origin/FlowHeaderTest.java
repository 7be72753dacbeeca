package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which datagram carries the PROXY header. The socket is a script: loopback is never full. */
class FlowHeaderTest {

  private static final byte[] HEADER = {'h', 'd'};

  private final List<ByteBuffer> sent = new ArrayList<>();
  private final FlowHeader header = new FlowHeader(HEADER);
  private boolean isFull;

  private boolean accept(ByteBuffer datagram) {
    sent.add(ByteBuffer.allocate(datagram.remaining()).put(datagram).flip());
    return !isFull;
  }

  private boolean send(FlowHeader header, int... bytes) throws IOException {
    var datagram = ByteBuffer.allocate(bytes.length);
    for (int one : bytes) {
      datagram.put((byte) one);
    }
    return header.send(datagram.flip(), this::accept);
  }

  private static ByteBuffer bytes(int... values) {
    var bytes = ByteBuffer.allocate(values.length);
    for (int value : values) {
      bytes.put((byte) value);
    }
    return bytes.flip();
  }

  @Test
  void headerPrecedesTheFirstDatagramOnly() throws Exception {
    assertThat(send(header, 1)).isTrue();
    assertThat(send(header)).isTrue();
    assertThat(send(header, 3)).isTrue();
    assertThat(sent).containsExactly(bytes('h', 'd', 1), bytes(), bytes(3));
  }

  /** A visitor that fills the buffer could otherwise send a header of its own next. */
  @Test
  void datagramDroppedByTheSocketLeavesTheHeaderForTheNext() throws Exception {
    isFull = true;
    assertThat(send(header, 1)).isFalse();
    assertThat(send(header, 2)).isFalse();
    isFull = false;
    assertThat(send(header, 3)).isTrue();
    assertThat(send(header, 4)).isTrue();
    assertThat(sent)
        .containsExactly(bytes('h', 'd', 1), bytes('h', 'd', 2), bytes('h', 'd', 3), bytes(4));
  }

  @Test
  void datagramThatIsTooLongWithTheHeaderLeavesItForTheNext() throws Exception {
    int tooLong = Message.MAX_DATAGRAM_BYTES - HEADER.length + 1;
    assertThat(header.send(ByteBuffer.allocate(tooLong), this::accept)).isFalse();
    assertThat(sent).isEmpty();
    assertThat(send(header, 2)).isTrue();
    assertThat(header.send(ByteBuffer.allocate(tooLong), this::accept)).isTrue();
    assertThat(sent).containsExactly(bytes('h', 'd', 2), ByteBuffer.allocate(tooLong));
  }

  /** None waits for space. */
  @Test
  void datagramDroppedByTheSocketIsReportedAndNotRepeated() throws Exception {
    var none = new FlowHeader(new byte[0]);
    isFull = true;
    assertThat(send(none, 1)).isFalse();
    isFull = false;
    assertThat(send(none, 2)).isTrue();
    assertThat(sent).containsExactly(bytes(1), bytes(2));
  }
}
