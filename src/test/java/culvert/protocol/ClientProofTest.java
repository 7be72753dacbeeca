package culvert.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.BareLogin;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The proofs of a login with the name of a client, against a computation from the protocol page.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientProofTest {

  private static final byte[] PREFACE = "CULVERT\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PROOF_BYTES = 32;
  private static final int PROOF_FRAME_BYTES = Frame.HEADER_BYTES + PROOF_BYTES;

  /** The client's key in the vectors of the page. */
  private static final SecretKey KEY = key();

  private static SecretKey key() {
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (0x40 + i);
    }
    return new SecretKeySpec(bytes, "HmacSHA256");
  }

  /** Computes a proof without a channel binding. */
  private static byte[] proof(String label, byte[]... before) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(KEY);
    mac.update(label.getBytes(StandardCharsets.US_ASCII));
    mac.update(new byte[] {0, 0});
    for (byte[] part : before) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  private static byte[] macOf(byte[] frame) {
    return Arrays.copyOfRange(frame, Frame.HEADER_BYTES, frame.length);
  }

  /** Removes the next frame from the vectors. */
  private static byte[] next(ByteBuffer vectors) throws ProtocolException {
    int start = vectors.position();
    Frame frame = Frame.read(vectors);
    vectors.position(vectors.position() + frame.length());
    return Arrays.copyOfRange(vectors.array(), start, vectors.position());
  }

  @Test
  void vectorsOfThePageAreALoginOfAClient() throws Exception {
    ByteBuffer vectors = ByteBuffer.wrap(ProtocolPageTest.vectors());
    byte[] client = next(vectors);
    byte[] hello = next(vectors);
    byte[] challenge = next(vectors);
    byte[] ofOrigin = next(vectors);
    byte[] ofRemote = next(vectors);
    assertThat(macOf(ofOrigin))
        .isEqualTo(proof("culvert 1 origin proof", PREFACE, client, hello, challenge));
    assertThat(macOf(ofRemote))
        .isEqualTo(proof("culvert 1 remote proof", PREFACE, client, hello, challenge, ofOrigin));
  }

  @Test
  void loginOfAClientSendsTheProofsOfThePage() throws Exception {
    var up = new ByteArrayOutputStream();
    var down = new ByteArrayOutputStream();
    try (var pair = Loopback.open()) {
      var accepting =
          new FutureTask<>(() ->
              BareLogin.accept(
                  HandshakeTest.remote(Optional.of(KEY)),
                  pair.far().input(),
                  recorded(pair.far().output(), down)));
      Threads.start("accept", accepting);
      BareLogin.dial(
          HandshakeTest.origin(Optional.of(KEY)),
          Optional.of("vienna"),
          pair.near().input(),
          recorded(pair.near().output(), up));
      assertThat(accepting.get().name()).isEqualTo("laptop");
    }
    byte[] before = Arrays.copyOf(up.toByteArray(), up.size() - PROOF_FRAME_BYTES);
    byte[] ofOrigin = Arrays.copyOfRange(up.toByteArray(), before.length, up.size());
    byte[] challenge = Arrays.copyOf(down.toByteArray(), down.size() - PROOF_FRAME_BYTES);
    byte[] ofRemote = Arrays.copyOfRange(down.toByteArray(), challenge.length, down.size());
    assertThat(new String(before, StandardCharsets.US_ASCII)).matches("(?s)CULVERT\n.{12}vienna.*");
    assertThat(macOf(ofOrigin)).isEqualTo(proof("culvert 1 origin proof", before, challenge));
    assertThat(macOf(ofRemote))
        .isEqualTo(proof("culvert 1 remote proof", before, challenge, ofOrigin));
  }

  private static OutputStream recorded(OutputStream out, ByteArrayOutputStream record) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        record.write(bytes, offset, length);
        out.write(bytes, offset, length);
      }
    };
  }
}
