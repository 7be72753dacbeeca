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
 * The result of an exchange with a proxy that follows a script of the test.
 *
 * @param failure the exception of the exchange, if it failed
 * @param sent all bytes that the client sent
 * @param read number of bytes read from the proxy before the tunnel began or the exchange failed
 * @param tunnel the bytes that the tunnel delivered
 */
record ScriptedProxy(Optional<IOException> failure, byte[] sent, long read, byte[] tunnel) {

  /** Plays a proxy that sends all of this at once, without reading, and closes its output. */
  static ScriptedProxy with(Transport transport, byte[] responses) throws IOException {
    return with(transport, responses, true);
  }

  /** Plays a proxy that sends all of this and keeps its output open. */
  static ScriptedProxy withOpen(Transport transport, byte[] responses) throws IOException {
    return with(transport, responses, false);
  }

  private static ScriptedProxy with(Transport transport, byte[] responses, boolean closesOutput)
      throws IOException {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      deadlines.after(RolePair.LIMIT, pair::close);
      pair.far().output().write(responses);
      if (closesOutput) {
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
      byte[] sent = pair.far().input().readAllBytes();
      return new ScriptedProxy(Optional.ofNullable(failure), sent, read, tunnel);
    }
  }

  /** Returns the message of the failure. */
  String message() {
    return failure.orElseThrow(() -> new AssertionError("the exchange did not fail")).getMessage();
  }

  /**
   * Plays a proxy that reads a request of exactly the given bytes before each response. It sends
   * one byte of the tunnel with the last response, then echoes the first byte it receives.
   *
   * @param turns request, response, request, response...
   */
  static void playTurns(Transport transport, byte[]... turns) throws Exception {
    try (var pair = Loopback.open();
        var deadlines = new Deadlines()) {
      deadlines.after(RolePair.LIMIT, pair::close);
      var played = new CompletableFuture<Void>();
      Threads.start(
          "scripted proxy",
          () -> {
            try {
              takeTurns(pair.far(), turns);
              played.complete(null);
            } catch (IOException | AssertionError e) {
              played.completeExceptionally(e);
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
      played.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(failure).isNull();
      assertThat(wrapped.input().readAllBytes()).isEqualTo(new byte[] {'<', '>'});
    }
  }

  private static void takeTurns(Connection proxy, byte[]... turns) throws IOException {
    for (int i = 0; i < turns.length; i += 2) {
      byte[] request = proxy.input().readNBytes(turns[i].length);
      assertThat(request).as("request " + i / 2).isEqualTo(turns[i]);
      assertThat(proxy.input().available()).as("bytes after request " + i / 2).isZero();
      boolean last = i + 2 == turns.length;
      proxy.output().write(last ? join(turns[i + 1], new byte[] {'<'}) : turns[i + 1]);
    }
    proxy.output().write(proxy.input().read());
    proxy.closeOutput();
  }

  /** Returns the concatenation of the arrays. */
  static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Parses pairs of hexadecimal digits; a {@code #} starts a comment until the end of the line. */
  static byte[] hex(String... lines) {
    var digits = new StringBuilder();
    for (String line : lines) {
      digits.append(line.replaceAll("#.*", "").replace(" ", ""));
    }
    return HexFormat.of().parseHex(digits);
  }
}
