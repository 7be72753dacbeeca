package culvert.testing;

import culvert.protocol.Frame;
import culvert.protocol.Message;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;

/** Messages over a socket, for a peer that does as a test says. */
final class MessageSocket {

  private MessageSocket() {}

  /** Says a message of a stream, or of the session if that is 0. */
  static void say(Socket socket, long stream, Message message) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(bytes, stream, message);
    socket.getOutputStream().write(bytes.array(), 0, bytes.position());
  }

  /** The next message of the other side's, pings left out. */
  static Message hear(Socket socket) throws IOException {
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
