package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client of a bounce server that a test controls byte by byte. */
public record RawMember(Socket socket) implements AutoCloseable {

  private static final int MILLIS = 20_000;

  public static RawMember dial(HostPort address) throws IOException {
    return dial(address, 0);
  }

  /** Connects with a receive buffer of about this size; 0 keeps the default. */
  static RawMember dial(HostPort address, int bufferBytes) throws IOException {
    var socket = new Socket();
    if (bufferBytes > 0) {
      socket.setReceiveBufferSize(bufferBytes);
    }
    socket.connect(new InetSocketAddress(address.host(), address.port()));
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(MILLIS);
    return new RawMember(socket);
  }

  public InputStream in() throws IOException {
    return socket.getInputStream();
  }

  OutputStream out() throws IOException {
    return socket.getOutputStream();
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  public RawMember send(String text) throws IOException {
    out().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Reads this text. */
  public RawMember expect(String text) throws IOException {
    byte[] bytes = in().readNBytes(text.length());
    assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).isEqualTo(text);
    return this;
  }

  /** Reads this text, followed by a clean end of input. */
  public void expectLast(String text) throws IOException {
    assertThat(new String(in().readAllBytes(), StandardCharsets.ISO_8859_1)).isEqualTo(text);
    close();
  }

  /** Reads until an error, which must be a reset. */
  void expectReset() throws IOException {
    assertThatThrownBy(() -> in().readAllBytes())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    close();
  }

  /** Closes the connection cleanly. */
  void leave() throws IOException {
    close();
  }

  /** Closes the connection with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
