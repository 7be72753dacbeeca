package culvert.testing;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;

/** Sends and receives messages on a socket, for scripted peers. */
final class MessageSocket {

  private MessageSocket() {}

  /** Sends a message on a stream, or on the session if {@code stream} is 0. */
  static void send(Socket socket, long stream, Message message) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(bytes, stream, message);
    socket.getOutputStream().write(bytes.array(), 0, bytes.position());
  }

  /** Returns the peer's next message other than a ping. */
  static Message receive(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    for (; ; ) {
      Frame frame = Frame.read(ByteBuffer.wrap(in.readNBytes(Frame.HEADER_BYTES)));
      Message message = Message.read(frame, ByteBuffer.wrap(in.readNBytes(frame.length())));
      if (!(message instanceof Message.Ping)) {
        return message;
      }
    }
  }
}
