package culvert.protocol;

import culvert.setting.Setting;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.SecretKey;

/**
 * Exchanges the messages of a login, one at a time, before the link takes over. Does not read
 * ahead, limits the total, and records all bytes for the proofs. The caller sets the time limit.
 */
public final class HandshakeExchange {

  /** Maximum number of bytes read from a peer, including the preface. */
  public static final int MAX_BYTES = 4096;

  /** The first bytes of the native protocol, inside any transport. */
  static final String PREFACE = "CULVERT\n";

  private static final byte[] PREFACE_BYTES = PREFACE.getBytes(StandardCharsets.US_ASCII);

  private final InputStream in;
  private final OutputStream out;
  private byte[] transcript = new byte[0];
  private Optional<String> client;
  private Optional<SecretKey> proven = Optional.empty();
  private boolean isDialling;
  private int remainingBytes = MAX_BYTES;

  /** Creates an exchange that has neither read nor written anything. */
  public HandshakeExchange(InputStream in, OutputStream out) {
    this(in, out, Optional.empty());
  }

  /**
   * Creates an exchange that has neither read nor written anything.
   *
   * @param client the name of the client that logs in; empty for one without a name, or if the
   *     client's message decides that
   */
  public HandshakeExchange(InputStream in, OutputStream out, Optional<String> client) {
    this.in = in;
    this.out = out;
    this.client = client;
  }

  /**
   * Returns the name of the client that logs in: the given one or, after {@link #receiveFirst}, the
   * one received.
   */
  public Optional<String> client() {
    return client;
  }

  /** Returns the secret that the peer has proven to this side, if it has proven one. */
  public Optional<SecretKey> proven() {
    return proven;
  }

  /** Records the secret that the peer has proven. */
  void setProven(SecretKey secret) {
    proven = Optional.of(secret);
  }

  /**
   * Sends the preface, the client's name if there is one, and the first message of the dialling
   * side in one write.
   */
  public void begin(Message first) throws IOException {
    isDialling = true;
    addToTranscript(PREFACE_BYTES);
    if (client.isPresent()) {
      write(PREFACE_BYTES, new Message.Client(client.get()), first);
    } else {
      write(PREFACE_BYTES, first);
    }
  }

  /** Reads the first message after the preface, and the client's name if that precedes it. */
  public Message receiveFirst() throws IOException {
    Message first = receive();
    if (first instanceof Message.Client named) {
      client = Optional.of(named.name());
      return receive();
    }
    return first;
  }

  /** Sends messages in one write. */
  public void send(Message... messages) throws IOException {
    write(new byte[0], messages);
  }

  private void write(byte[] first, Message... messages) throws IOException {
    byte[] all = first;
    for (Message message : messages) {
      byte[] frame = encode(message);
      addToTranscript(frame);
      all = join(all, frame);
    }
    out.write(all);
    out.flush();
  }

  /**
   * Reads the preface of the dialling side. A peer of another protocol gets an answer in that
   * protocol.
   *
   * @throws ForeignPeerException if the first bytes belong to another protocol
   */
  public void readPreface() throws IOException {
    byte[] first = in.readNBytes(PREFACE_BYTES.length);
    if (first.length == 0) {
      throw new EOFException("connection closed before the first byte");
    }
    if (!Arrays.equals(first, PREFACE_BYTES)) {
      ForeignPeer peer = ForeignPeer.of(first);
      sendQuietly(peer.answer());
      throw ForeignPeerException.answered(peer, ExpectedPeer.CULVERT, PeerNames.ORIGIN_PROXY);
    }
    remainingBytes -= first.length;
    addToTranscript(first);
  }

  /**
   * Reads one message.
   *
   * @throws PeerRefusedException if it is the peer's BYE
   * @throws ForeignServerException if this side dialled and the peer is a server of another
   *     protocol
   * @throws ProtocolException if the message is not allowed during the login
   */
  public Message receive() throws IOException {
    byte[] header = readExactly(Frame.HEADER_BYTES);
    Frame frame = readFrame(header);
    byte[] payload = readExactly(frame.length());
    if (frame.stream() != 0) {
      throw new ProtocolException(frame.type() + " during the login");
    }
    Message message = Message.read(frame, ByteBuffer.wrap(payload));
    if (message instanceof Message.Bye bye) {
      // The peer is not authenticated yet, and this reason would end a process that has served.
      boolean early = bye.reason() == ByeReason.SUPERSEDED;
      throw PeerRefusedException.byPeer(early ? ByeReason.ERROR : bye.reason(), bye.text());
    }
    addToTranscript(header);
    addToTranscript(payload);
    return message;
  }

  private Frame readFrame(byte[] header) throws IOException {
    try {
      return Frame.read(ByteBuffer.wrap(header));
    } catch (ProtocolException e) {
      if (isDialling && ForeignServer.of(header).isPresent()) {
        throw new ForeignServerException(
            ForeignServer.of(header).get(), ForeignServer.REMOTE_PROXY_PORT);
      }
      throw e;
    }
  }

  /**
   * Reads a message of the given type.
   *
   * @throws ProtocolException naming the message that was received instead
   */
  public <M extends Message> M receive(Class<M> type) throws IOException {
    return expect(type, receive());
  }

  /**
   * Returns the message as the given type.
   *
   * @throws ProtocolException naming its type if it is another one
   */
  static <M extends Message> M expect(Class<M> type, Message message) throws ProtocolException {
    if (!type.isInstance(message)) {
      throw new ProtocolException(name(message.getClass()) + " received, expected " + name(type));
    }
    return type.cast(message);
  }

  private static String name(Class<?> type) {
    return type.getSimpleName().toUpperCase(Locale.ROOT);
  }

  private byte[] readExactly(int length) throws IOException {
    remainingBytes -= length;
    if (remainingBytes < 0) {
      throw new ProtocolException("more than " + MAX_BYTES + " bytes during the login");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException(
          "the peer closed the connection during the handshake" + hintOfOldPeer());
    }
    return bytes;
  }

  /** A remote proxy without the frame CLIENT closes the connection. */
  private String hintOfOldPeer() {
    return isDialling && client.isPresent() && remainingBytes > MAX_BYTES - 2 * Frame.HEADER_BYTES
        ? "; a remote proxy that is too old for "
            + Setting.CLIENT_NAME
            + " closes it too: update it, or log in without"
        : "";
  }

  /** Sends a BYE, unless the peer has closed, and returns the exception to throw. */
  public PeerRefusedException refuse(ByeReason reason, String text) {
    sendQuietly(encode(new Message.Bye(reason, text)));
    return new PeerRefusedException(reason, text);
  }

  private void sendQuietly(byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      // The peer has closed; the caller throws the reason.
    }
  }

  /** Returns all bytes sent and received so far, except those of a BYE. */
  byte[] transcript() {
    return transcript.clone();
  }

  private void addToTranscript(byte[] bytes) {
    transcript = join(transcript, bytes);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** Returns the encoded frame. */
  static byte[] encode(Message message) {
    ByteBuffer buffer = ByteBuffer.allocate(Frame.MAX_MESSAGE_BYTES);
    Message.write(buffer, 0, message);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }
}
