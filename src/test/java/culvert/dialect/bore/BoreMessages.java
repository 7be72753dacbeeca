package culvert.dialect.bore;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Frames over a plain socket, written by hand. */
record BoreMessages(Socket socket) implements AutoCloseable {

  /** Says a text and the zero byte behind it. */
  void say(String json) throws IOException {
    raw(json + "\0");
  }

  /** Says a text as it is. */
  void raw(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The next text, heartbeats included. */
  String hear() throws IOException {
    var text = new ByteArrayOutputStream();
    for (int b = socket.getInputStream().read(); b != 0; b = socket.getInputStream().read()) {
      if (b < 0) {
        throw new EOFException("no more but '" + text + "'");
      }
      text.write(b);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** The id in the next announcement. */
  String announced() throws IOException {
    String text = hear();
    if (!text.matches("\\{\"Connection\":\"[0-9a-f-]{36}\"}")) {
      throw new IOException("no announcement but " + text);
    }
    return text.substring("{\"Connection\":\"".length(), text.length() - 2);
  }

  /** Everything to the end of the stream. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Ends it before its time. */
  void leave() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
