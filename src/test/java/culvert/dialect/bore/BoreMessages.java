package culvert.dialect.bore;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Hand-written frames on a plain socket. */
record BoreMessages(Socket socket) implements AutoCloseable {

  /** Sends a text followed by a zero byte. */
  void send(String json) throws IOException {
    sendRaw(json + "\0");
  }

  /** Sends a text without a zero byte. */
  void sendRaw(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the next text, heartbeats included. */
  String receive() throws IOException {
    var text = new ByteArrayOutputStream();
    for (int b = socket.getInputStream().read(); b != 0; b = socket.getInputStream().read()) {
      if (b < 0) {
        throw new EOFException("end of stream after '" + text + "'");
      }
      text.write(b);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** Returns the id in the next announcement. */
  String announced() throws IOException {
    String text = receive();
    if (!text.matches("\\{\"Connection\":\"[0-9a-f-]{36}\"}")) {
      throw new IOException("expected an announcement: " + text);
    }
    return text.substring("{\"Connection\":\"".length(), text.length() - 2);
  }

  /** Reads to the end of the stream. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Closes the connection within a try block that closes it again. */
  void leave() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
