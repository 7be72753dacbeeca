package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client at a Unix socket. */
public final class UnixClient implements AutoCloseable {

  private final SocketChannel channel;
  private final InputStream input;

  /** Connects. */
  public UnixClient(Path path) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    input = Channels.newInputStream(channel);
  }

  /** Sends a text. */
  public void send(String text) throws IOException {
    UnixServer.write(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the bytes that the server sends. */
  public InputStream input() {
    return input;
  }

  /** Sends a text and checks that the server returns it. */
  public void assertEchoes(String text) throws IOException {
    send(text);
    byte[] answer = input.readNBytes(text.getBytes(StandardCharsets.UTF_8).length);
    assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo(text);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
