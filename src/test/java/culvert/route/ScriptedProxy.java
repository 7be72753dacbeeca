package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Threads;
import culvert.testing.Loopback;
import culvert.testing.RolePair;
import culvert.transport.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What came of an exchange with a proxy whose part is written by the test.
 *
 * @param failure what the exchange was refused with
 * @param asked all that the proxy was told
 * @param read how many bytes of the proxy's were taken before the tunnel began, or at all
 * @param tunnel what then came out of the tunnel
 */
record ScriptedProxy(Optional<IOException> failure, byte[] asked, long read, byte[] tunnel) {

  /** With a proxy that says all of this at once, without having heard anything, and hangs up. */
  static ScriptedProxy with(Transport transport, byte[] answers) throws IOException {
    return with(transport, answers, true);
  }

  /** With one that says all of this and stays. */
  static ScriptedProxy withOpen(Transport transport, byte[] answers) throws IOException {
    return with(transport, answers, false);
  }

  private static ScriptedProxy with(Transport transport, byte[] answers, boolean hangsUp)
      throws IOException {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      deadlines.after(RolePair.LIMIT, pair::close);
      pair.far().output().write(answers);
      if (hangsUp) {
        pair.far().closeOutput();
      }
      IOException failure = null;
      byte[] tunnel = {};
      long read;
      try {
        Connection wrapped = transport.wrap(pair.near());
        assertThat(wrapped).isSameAs(pair.near());
        read = pair.near().received();
        tunnel = wrapped.input().readAllBytes();
      } catch (IOException e) {
        read = pair.near().received();
        failure = e;
      }
      pair.near().closeOutput();
      byte[] asked = pair.far().input().readAllBytes();
      return new ScriptedProxy(Optional.ofNullable(failure), asked, read, tunnel);
    }
  }

  /** The refusal's sentence. */
  String message() {
    return failure.orElseThrow(() -> new AssertionError("it was not refused")).getMessage();
  }

  /**
   * Turn by turn: the proxy awaits a question of exactly these bytes before it answers. The last
   * answer has a first byte of the tunnel's behind it, and the tunnel's first byte is sent back.
   *
   * @param turns question, answer, question, answer...
   */
  static void playTurns(Transport transport, byte[]... turns) throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      deadlines.after(RolePair.LIMIT, pair::close);
      var heard = new CompletableFuture<Void>();
      Threads.start(
          "scripted proxy",
          () -> {
            try {
              takeTurns(pair.far(), turns);
              heard.complete(null);
            } catch (IOException | AssertionError e) {
              heard.completeExceptionally(e);
              pair.far().close();
            }
          });
      Connection wrapped = null;
      IOException failure = null;
      try {
        wrapped = transport.wrap(pair.near());
        wrapped.output().write('>');
      } catch (IOException e) {
        failure = e;
      }
      heard.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(failure).isNull();
      assertThat(wrapped.input().readAllBytes()).isEqualTo(new byte[] {'<', '>'});
    }
  }

  private static void takeTurns(Connection proxy, byte[]... turns) throws IOException {
    for (int i = 0; i < turns.length; i += 2) {
      byte[] question = proxy.input().readNBytes(turns[i].length);
      assertThat(question).as("question " + i / 2).isEqualTo(turns[i]);
      assertThat(proxy.input().available()).as("bytes behind question " + i / 2).isZero();
      boolean last = i + 2 == turns.length;
      proxy.output().write(last ? join(turns[i + 1], new byte[] {'<'}) : turns[i + 1]);
    }
    proxy.output().write(proxy.input().read());
    proxy.closeOutput();
  }

  /** One array of several. */
  static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Bytes as pairs of digits, each line with a comment behind a {@code #}. */
  static byte[] hex(String... lines) {
    var digits = new StringBuilder();
    for (String line : lines) {
      digits.append(line.replaceAll("#.*", "").replace(" ", ""));
    }
    return HexFormat.of().parseHex(digits);
  }
}
