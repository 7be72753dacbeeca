package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.MemoryPipe;
import culvert.testing.TamperingConnection;
import culvert.testing.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An attacker on the path changes bytes, records and their order. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class TlsTamperTest {

  /** Ends a handshake in which a changed length makes both sides wait, as a caller would. */
  private static final Duration DEADLINE = Duration.ofMillis(150);

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final int PIPE_BYTES = 1 << 18;

  @TempDir private Path folder;

  private TlsSetup tls;
  private TlsServer server;
  private MemoryPipe pipe;
  private TamperingConnection near;
  private TamperingConnection far;

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
    // Its signatures, and so all handshakes, have one length: every byte of them is changed once.
    var wish = new TestAuthority.Wish("server").names("localhost").algorithm("Ed25519");
    server = tls.server(tls.write("server", tls.authority.issue(wish)));
  }

  /** The result of a handshake on both sides. */
  private record Outcome(TlsPair.Result near, TlsPair.Result far) {
    boolean isConnected() {
      return near.connection() != null && far.connection() != null;
    }
  }

  private void connect() {
    pipe = new MemoryPipe(PIPE_BYTES, PIPE_BYTES);
    near = new TamperingConnection(pipe.near());
    far = new TamperingConnection(pipe.far());
  }

  private void cut() {
    pipe.near().close();
    pipe.far().close();
  }

  /** Connects with a new client each time, so that no session is resumed. */
  private Outcome handshake(Duration limit) throws Exception {
    try (var deadlines = new Deadlines()) {
      deadlines.after(limit, this::cut);
      var accepting = TlsPair.accept(server, far);
      var dialled = TlsPair.attempt(tls.client(), near);
      if (dialled.connection() == null) {
        pipe.near().closeOutput();
      }
      return new Outcome(dialled, accepting.get());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void changedByteOfHandshakePreventsConnection(boolean forth) throws Exception {
    connect();
    assertThat(handshake(LIMIT).isConnected()).isTrue();
    long bytes = forth ? pipe.near().sent() : pipe.near().received();
    var undetected = new ArrayList<Integer>();
    for (int at = 0; at < bytes; at++) {
      connect();
      var flipped = new Flip(at);
      (forth ? near : far).change(flipped);
      if (handshake(DEADLINE).isConnected() && !flipped.isWithoutEffect()) {
        undetected.add(at);
      }
    }
    assertThat(undetected).as("offsets of %d", bytes).isEmpty();
  }

  /** Changes one byte of the data written, and keeps the data to find the byte's meaning. */
  private static final class Flip implements UnaryOperator<byte[]> {
    private final int at;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    Flip(int at) {
      this.at = at;
    }

    @Override
    public byte[] apply(byte[] bytes) {
      int within = at - written.size();
      written.writeBytes(bytes);
      if (within >= 0 && within < bytes.length) {
        bytes[within] ^= 0x11;
      }
      return bytes;
    }

    /** Returns whether the byte was not sent, or is a header's version (ignored: RFC 8446, 5.1). */
    boolean isWithoutEffect() {
      ByteBuffer records = ByteBuffer.wrap(written.toByteArray());
      int start = 0;
      while (start + TlsRecord.HEADER_BYTES <= records.limit()) {
        if (at == start + 1 || at == start + 2) {
          return true;
        }
        start += TlsRecord.HEADER_BYTES + (records.getShort(start + 3) & 0xffff);
      }
      return at >= records.limit();
    }
  }

  /** Applies a change to the second of three records of 100 bytes. */
  private void assertNothingDeliveredAfter(UnaryOperator<byte[]> change) throws Exception {
    connect();
    Outcome outcome = handshake(LIMIT);
    Connection writer = outcome.near().connection();
    Connection reader = outcome.far().connection();
    writer.output().write(record(1));
    near.change(change);
    writer.output().write(record(2));
    near.change(UnaryOperator.identity());
    writer.output().write(record(3));
    assertThat(reader.input().readNBytes(100)).isEqualTo(record(1));
    assertThatThrownBy(() -> reader.input().read())
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("invalid TLS data from the origin proxy: ");
    assertThatThrownBy(() -> reader.input().read()).isInstanceOf(ProtocolException.class);
    cut();
  }

  private static byte[] record(int value) {
    byte[] payload = new byte[100];
    Arrays.fill(payload, (byte) value);
    return payload;
  }

  @Test
  void nothingIsDeliveredAfterChangedRecord() throws Exception {
    for (int i = TlsRecord.HEADER_BYTES; i < 122; i += 13) {
      int at = i;
      assertNothingDeliveredAfter(bytes -> {
        bytes[at] ^= 1;
        return bytes;
      });
    }
  }

  @Test
  void nothingIsDeliveredAfterLostRecord() throws Exception {
    assertNothingDeliveredAfter(bytes -> new byte[0]);
  }

  @Test
  void nothingIsDeliveredAfterTruncatedRecord() throws Exception {
    assertNothingDeliveredAfter(bytes -> Arrays.copyOf(bytes, bytes.length - 1));
  }

  /** The record is valid, its repetition is not. */
  @Test
  void replayedRecordIsNotDelivered() throws Exception {
    connect();
    Outcome outcome = handshake(LIMIT);
    near.change(bytes -> {
      byte[] twice = Arrays.copyOf(bytes, 2 * bytes.length);
      System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
      return twice;
    });
    outcome.near().connection().output().write(record(1));
    var input = outcome.far().connection().input();
    assertThat(input.readNBytes(100)).isEqualTo(record(1));
    assertThatThrownBy(input::read).isInstanceOf(ProtocolException.class);
    cut();
  }

  @Test
  void reorderedRecordsAreNotDelivered() throws Exception {
    connect();
    Outcome outcome = handshake(LIMIT);
    var held = new ArrayList<byte[]>();
    near.change(bytes -> {
      held.add(bytes);
      return new byte[0];
    });
    outcome.near().connection().output().write(record(1));
    outcome.near().connection().output().write(record(2));
    near.change(UnaryOperator.identity());
    for (byte[] bytes : List.of(held.get(1), held.get(0))) {
      pipe.near().output().write(bytes);
    }
    assertThatThrownBy(() -> outcome.far().connection().input().read())
        .isInstanceOf(ProtocolException.class);
    cut();
  }

  /** The peer sent a close_notify, and the attacker removed it. */
  @Test
  void removedCloseNotifyIsReported() throws Exception {
    connect();
    Outcome outcome = handshake(LIMIT);
    outcome.near().connection().output().write(record(1));
    near.change(bytes -> new byte[0]);
    outcome.near().connection().closeOutput();
    var input = outcome.far().connection().input();
    assertThat(input.readNBytes(100)).isEqualTo(record(1));
    assertThatThrownBy(input::read)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("without a TLS close_notify");
    cut();
  }
}
