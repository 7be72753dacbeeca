package culvert.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * The beginning of a connection: preface and hello, challenge, a proof each way.
 *
 * <pre>
 *   origin side                                 remote side
 *   preface, HELLO   ------------------------>
 *                    <------------------------  CHALLENGE
 *   PROOF            ------------------------>
 *                    <------------------------  PROOF, or BYE with a reason
 * </pre>
 *
 * <p>A proof is HMAC-SHA256, keyed with the secret, over a label for the role that proves and every
 * byte of the handshake before it. Both nonces are in those bytes, so a proof is good for one
 * connection, one role and one reading of the hellos. Whoever captures a handshake can try weak
 * secrets against it at leisure; a sealed transport, not this, is the answer to that.
 *
 * <p>Everything is read exactly and bounded: at most {@value #MOST_BYTES} bytes before the session
 * stands. The caller holds the deadline.
 */
public final class Handshake {

  /** Most bytes that are read from a peer before the session stands. */
  public static final int MOST_BYTES = 4096;

  private static final byte[] PREFACE = ForeignPeer.PREFACE.getBytes(StandardCharsets.US_ASCII);
  private static final String ORIGIN_LABEL = "culvert 1 origin proof";
  private static final String REMOTE_LABEL = "culvert 1 remote proof";
  private static final byte[] NO_PROOF = new byte[0];
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * What this side says of itself.
   *
   * @param instance random, {@value Message#INSTANCE_BYTES} bytes, one for each process
   * @param opens how many unanswered opens it takes at a time
   * @param streams how many streams it takes at a time
   * @param name under which it logs in; the accepting side has none, and gives an empty one
   * @param secret shared by both sides, or none
   */
  public record Self(
      byte[] instance, int opens, int streams, String name, Optional<SecretKey> secret) {}

  /**
   * What is known of the peer once the session stands.
   *
   * @param version the version both speak
   * @param instance the peer's instance id
   * @param opens how many unanswered opens the peer takes at a time
   * @param streams how many streams the peer takes at a time
   * @param name under which it logged in; empty for a remote proxy
   */
  public record Peer(int version, byte[] instance, int opens, int streams, String name) {}

  private final Self self;
  private final InputStream in;
  private final OutputStream out;
  private byte[] transcript = new byte[0];
  private int left = MOST_BYTES;

  private Handshake(Self self, InputStream in, OutputStream out) {
    this.self = self;
    this.in = in;
    this.out = out;
  }

  /** An instance id for this process. */
  public static byte[] newInstance() {
    return random(Message.INSTANCE_BYTES);
  }

  /**
   * Runs the dialling side.
   *
   * @throws RefusedException if the peer ended the handshake with a reason, or its proof is missing
   * @throws ProtocolException if it answered with anything else
   */
  public static Peer dial(Self self, InputStream in, OutputStream out) throws IOException {
    return new Handshake(self, in, out).dial();
  }

  /**
   * Runs the accepting side. A refusal is told to the peer before it is thrown.
   *
   * @throws ForeignPeerException if the first bytes are of another protocol
   * @throws RefusedException if the peer's versions or proof do not fit
   * @throws ProtocolException if the peer broke the rules
   */
  public static Peer accept(Self self, InputStream in, OutputStream out) throws IOException {
    return new Handshake(self, in, out).accept();
  }

  private Peer dial() throws IOException {
    sayHello();
    Message.Challenge challenge;
    try {
      challenge = expect(Message.Challenge.class);
    } catch (ProtocolException e) {
      throw new ProtocolException(
          "what answers there is no Culvert remote proxy (" + e.getMessage() + ")");
    }
    if (challenge.version() != Message.VERSION) {
      throw refuse(
          ByeReason.VERSION,
          "the remote proxy chose version " + challenge.version() + ", which was not offered");
    }
    if (self.secret().isPresent() && !challenge.proofWanted()) {
      throw refuse(
          ByeReason.CREDENTIALS,
          "the remote proxy has no secret, so it cannot prove who it is; give it the same secret");
    }
    if (self.secret().isEmpty() && challenge.proofWanted()) {
      throw refuse(ByeReason.CREDENTIALS, "the remote proxy wants a secret and none is given here");
    }
    send(new Message.Proof(proof(ORIGIN_LABEL)));
    byte[] expected = proof(REMOTE_LABEL);
    if (!MessageDigest.isEqual(expected, expect(Message.Proof.class).mac())) {
      throw refuse(ByeReason.CREDENTIALS, "the remote proxy does not know the secret");
    }
    return new Peer(
        challenge.version(), challenge.instance(), challenge.opens(), challenge.streams(), "");
  }

  private Peer accept() throws IOException {
    readPreface();
    var hello = expect(Message.Hello.class);
    if (hello.leastVersion() > Message.VERSION || hello.mostVersion() < Message.VERSION) {
      throw refuse(
          ByeReason.VERSION,
          "this remote proxy speaks version "
              + Message.VERSION
              + " and the origin proxy "
              + hello.leastVersion()
              + " to "
              + hello.mostVersion()
              + "; update the older one");
    }
    boolean wanted = self.secret().isPresent();
    send(
        new Message.Challenge(
            Message.VERSION,
            wanted,
            self.opens(),
            self.streams(),
            self.instance(),
            random(Message.NONCE_BYTES),
            new byte[0]));
    byte[] expected = proof(ORIGIN_LABEL);
    if (!MessageDigest.isEqual(expected, expect(Message.Proof.class).mac())) {
      throw refuse(ByeReason.CREDENTIALS, "the secret is wrong or missing");
    }
    send(new Message.Proof(proof(REMOTE_LABEL)));
    return new Peer(
        Message.VERSION, hello.instance(), hello.opens(), hello.streams(), hello.name());
  }

  /** Preface and hello in one write. */
  private void sayHello() throws IOException {
    var hello =
        new Message.Hello(
            Message.VERSION,
            Message.VERSION,
            self.opens(),
            self.streams(),
            self.instance(),
            random(Message.NONCE_BYTES),
            self.name(),
            new byte[0]);
    byte[] frame = encode(hello);
    byte[] both = Arrays.copyOf(PREFACE, PREFACE.length + frame.length);
    System.arraycopy(frame, 0, both, PREFACE.length, frame.length);
    remember(both);
    out.write(both);
    out.flush();
  }

  private void readPreface() throws IOException {
    byte[] first = in.readNBytes(PREFACE.length);
    if (!Arrays.equals(first, PREFACE)) {
      if (first.length == 0) {
        throw new EOFException("closed before a first byte");
      }
      throw new ForeignPeerException(ForeignPeer.of(first));
    }
    left -= first.length;
    remember(first);
  }

  private void send(Message message) throws IOException {
    byte[] frame = encode(message);
    remember(frame);
    out.write(frame);
    out.flush();
  }

  private <M extends Message> M expect(Class<M> type) throws IOException {
    byte[] header = readExactly(Frame.HEADER_BYTES);
    Frame frame = Frame.read(ByteBuffer.wrap(header));
    byte[] payload = readExactly(frame.length());
    if (frame.verb() == Verb.DATA || frame.stream() != 0) {
      throw new ProtocolException(frame.verb() + " before the session stands");
    }
    Message message = Message.read(frame, ByteBuffer.wrap(payload));
    if (message instanceof Message.Bye bye) {
      throw new RefusedException(bye.reason(), bye.text());
    }
    if (!type.isInstance(message)) {
      throw new ProtocolException(
          frame.verb()
              + " where "
              + type.getSimpleName().toUpperCase(Locale.ROOT)
              + " was expected");
    }
    remember(header);
    remember(payload);
    return type.cast(message);
  }

  private byte[] readExactly(int length) throws IOException {
    left -= length;
    if (left < 0) {
      throw new ProtocolException("more than " + MOST_BYTES + " bytes before the session stands");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the peer closed the connection during the handshake");
    }
    return bytes;
  }

  /** Tells the peer, as far as it still listens, and returns what to throw. */
  private RefusedException refuse(ByeReason reason, String text) {
    try {
      out.write(encode(new Message.Bye(reason, text)));
      out.flush();
    } catch (IOException e) {
      // The peer is gone already; what is thrown says the rest.
    }
    return new RefusedException(reason, text);
  }

  private byte[] proof(String label) {
    if (self.secret().isEmpty()) {
      return NO_PROOF;
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(self.secret().get());
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      mac.update((byte) 0);
      return mac.doFinal(transcript);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private void remember(byte[] bytes) {
    int before = transcript.length;
    transcript = Arrays.copyOf(transcript, before + bytes.length);
    System.arraycopy(bytes, 0, transcript, before, bytes.length);
  }

  private static byte[] encode(Message message) {
    ByteBuffer buffer = ByteBuffer.allocate(Frame.MOST_MESSAGE_BYTES);
    Message.write(buffer, 0, message);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
