package culvert.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The messages of a beginning, one at a time, before a leg takes over. Everything is read exactly
 * and bounded, and remembered, so that a proof can cover it. The caller holds the deadline.
 */
public final class HandshakeExchange {

  /** Most bytes that are read from a peer, preface included. */
  public static final int MAX_BYTES = 4096;

  private static final byte[] PREFACE = ForeignPeer.PREFACE.getBytes(StandardCharsets.US_ASCII);

  private final InputStream in;
  private final OutputStream out;
  private byte[] transcript = new byte[0];
  private int left = MAX_BYTES;

  /** Nothing is read or written yet. */
  public HandshakeExchange(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /** The dialling side's first words: preface and messages in one write. */
  public void begin(Message... messages) throws IOException {
    remember(PREFACE);
    write(PREFACE, messages);
  }

  /** Sends messages in one write. */
  public void send(Message... messages) throws IOException {
    write(new byte[0], messages);
  }

  private void write(byte[] first, Message... messages) throws IOException {
    byte[] all = first;
    for (Message message : messages) {
      byte[] frame = encode(message);
      remember(frame);
      all = join(all, frame);
    }
    out.write(all);
    out.flush();
  }

  /**
   * Reads the preface of the side that dialled. A foreign peer is answered in its own words.
   *
   * @throws ForeignPeerException if the first bytes are of another protocol
   */
  public void readPreface() throws IOException {
    byte[] first = in.readNBytes(PREFACE.length);
    if (first.length == 0) {
      throw new EOFException("closed before a first byte");
    }
    if (!Arrays.equals(first, PREFACE)) {
      ForeignPeer peer = ForeignPeer.of(first);
      tell(peer.answer());
      throw ForeignPeerException.answered(peer, "a Culvert peer", PeerNames.ORIGIN_PROXY);
    }
    left -= first.length;
    remember(first);
  }

  /**
   * Reads one message.
   *
   * @throws RefusedException if it is the peer's BYE
   * @throws ProtocolException if it is none that may come before a session stands
   */
  public Message receive() throws IOException {
    byte[] header = readExactly(Frame.HEADER_BYTES);
    Frame frame = Frame.read(ByteBuffer.wrap(header));
    byte[] payload = readExactly(frame.length());
    if (frame.type() == FrameType.DATA || frame.stream() != 0) {
      throw new ProtocolException(frame.type() + " before the session stands");
    }
    Message message = Message.read(frame, ByteBuffer.wrap(payload));
    if (message instanceof Message.Bye bye) {
      // Nobody has proven anything yet, and this one reason ends a process that has served.
      boolean early = bye.reason() == ByeReason.SUPERSEDED;
      throw new RefusedException(early ? ByeReason.ERROR : bye.reason(), bye.text());
    }
    remember(header);
    remember(payload);
    return message;
  }

  /**
   * Reads the one message that may come now.
   *
   * @throws ProtocolException naming the verb that came instead
   */
  public <M extends Message> M receive(Class<M> type) throws IOException {
    return expect(type, receive());
  }

  /**
   * The message, as what it must be.
   *
   * @throws ProtocolException naming what it is instead
   */
  static <M extends Message> M expect(Class<M> type, Message message) throws ProtocolException {
    if (!type.isInstance(message)) {
      throw new ProtocolException(
          name(message.getClass()) + " where " + name(type) + " was expected");
    }
    return type.cast(message);
  }

  private static String name(Class<?> type) {
    return type.getSimpleName().toUpperCase(Locale.ROOT);
  }

  private byte[] readExactly(int length) throws IOException {
    left -= length;
    if (left < 0) {
      throw new ProtocolException("more than " + MAX_BYTES + " bytes before the session stands");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the peer closed the connection during the handshake");
    }
    return bytes;
  }

  /** Tells the peer, as far as it still listens, and returns what to throw. */
  public RefusedException refuse(ByeReason reason, String text) {
    tell(encode(new Message.Bye(reason, text)));
    return new RefusedException(reason, text);
  }

  private void tell(byte[] words) {
    try {
      out.write(words);
      out.flush();
    } catch (IOException e) {
      // The peer is gone already; what is thrown says the rest.
    }
  }

  /** Every byte sent and received so far, but for a BYE. */
  byte[] transcript() {
    return transcript.clone();
  }

  private void remember(byte[] bytes) {
    transcript = join(transcript, bytes);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** The whole frame. */
  static byte[] encode(Message message) {
    ByteBuffer buffer = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(buffer, 0, message);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }
}
