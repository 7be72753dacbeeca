package culvert.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * The login: hello, challenge, a proof each way.
 *
 * <pre>
 *   origin side                                 remote side
 *   HELLO            ------------------------>
 *                    <------------------------  CHALLENGE
 *   PROOF            ------------------------>
 *                    <------------------------  PROOF, or BYE with a reason
 * </pre>
 *
 * <p>On a bare connection the preface goes before it. A proof is HMAC-SHA256, keyed with the
 * secret, over a label for the role that proves, every byte of the exchange before it, and what
 * binds it to the connection below. Both nonces are in those bytes, so a proof is good for one
 * connection, one role and one reading of the hellos. Whoever captures a handshake in the clear can
 * try weak secrets against it at leisure; a sealed connection, not this, is the answer to that.
 *
 * <p>Where the connection below has proven the secret already, proofs are empty, and the dialling
 * side does not wait for the challenge.
 */
public final class Handshake {

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
   * @param secrets shared by both sides: the dialling side has one or none, the accepting side any
   *     of which is good
   */
  public record Self(
      byte[] instance, int opens, int streams, String name, List<SecretKey> secrets) {
    /** Keeps the list as it is. */
    public Self {
      secrets = List.copyOf(secrets);
    }

    /** The same, for a connection below that has proven the secret. */
    Self withoutSecrets() {
      return new Self(instance, opens, streams, name, List.of());
    }
  }

  /**
   * What the connection below is, as this side sees it.
   *
   * @param transport its name, which both sides must give alike
   * @param binding what only this connection has at both ends, such as a hash of its handshake; may
   *     be empty
   * @param begun whether the preface has gone over it already, before it was sealed
   * @param proven whether it proves the secret by itself
   */
  public record Below(String transport, byte[] binding, boolean begun, boolean proven) {
    /** A bare connection. */
    public static final Below PLAIN = new Below("plain", new byte[0], false, false);
  }

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
  private final Below below;
  private final HandshakeExchange exchange;

  private Handshake(Self self, Below below, HandshakeExchange exchange) {
    this.self = below.proven() ? self.withoutSecrets() : self;
    this.below = below;
    this.exchange = exchange;
  }

  /** An instance id for this process. */
  public static byte[] newInstance() {
    return random(Message.INSTANCE_BYTES);
  }

  /**
   * Runs the dialling side.
   *
   * @param exchange fresh
   * @throws RefusedException if the peer ended the handshake with a reason, or its proof is missing
   * @throws ProtocolException if it answered with anything else
   */
  public static Peer dial(Self self, Below below, HandshakeExchange exchange) throws IOException {
    return new Handshake(self, below, exchange).dial();
  }

  /**
   * Runs the accepting side. A refusal is told to the peer before it is thrown.
   *
   * @param first what has come already
   * @throws RefusedException if the peer's versions, transport or proof do not fit
   * @throws ProtocolException if the peer broke the rules
   */
  public static Peer accept(Self self, Below below, HandshakeExchange exchange, Message first)
      throws IOException {
    return new Handshake(self, below, exchange)
        .accept(HandshakeExchange.expect(Message.Hello.class, first));
  }

  private Peer dial() throws IOException {
    if (!below.begun()) {
      exchange.begin(hello());
    } else if (below.proven()) {
      exchange.send(hello(), new Message.Proof(NO_PROOF));
    } else {
      exchange.send(hello());
    }
    var challenge = challenge();
    check(challenge);
    if (!below.proven()) {
      exchange.send(new Message.Proof(proof(ORIGIN_LABEL)));
    }
    byte[] expected = proof(REMOTE_LABEL);
    if (!MessageDigest.isEqual(expected, exchange.receive(Message.Proof.class).mac())) {
      throw exchange.refuse(ByeReason.CREDENTIALS, "the remote proxy does not know the secret");
    }
    return new Peer(
        challenge.version(), challenge.instance(), challenge.opens(), challenge.streams(), "");
  }

  private Message.Challenge challenge() throws IOException {
    try {
      return exchange.receive(Message.Challenge.class);
    } catch (ProtocolException e) {
      throw new ProtocolException(
          "the peer is not a Culvert remote proxy (" + e.getMessage() + ")");
    }
  }

  private void check(Message.Challenge challenge) throws RefusedException {
    if (challenge.version() != Message.VERSION) {
      throw exchange.refuse(
          ByeReason.VERSION,
          "the remote proxy chose version " + challenge.version() + ", which was not offered");
    }
    if (!challenge.transport().equals(below.transport())) {
      throw exchange.refuse(ByeReason.TRANSPORT, differ(challenge.transport(), below.transport()));
    }
    if (!self.secrets().isEmpty() && !challenge.proofWanted()) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          "the remote proxy has no secret, so it cannot prove who it is; give it the same secret");
    }
    if (self.secrets().isEmpty() && challenge.proofWanted()) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          "the remote proxy wants a secret and the origin proxy has none; give it the same");
    }
  }

  private static String differ(String ofRemote, String ofOrigin) {
    return "the remote proxy's end is "
        + ofRemote
        + " and the origin proxy's is "
        + ofOrigin
        + "; give both the same --transport, and let nothing between them open it";
  }

  private Peer accept(Message.Hello hello) throws IOException {
    if (hello.minVersion() > Message.VERSION || hello.maxVersion() < Message.VERSION) {
      throw exchange.refuse(
          ByeReason.VERSION,
          "this remote proxy speaks version "
              + Message.VERSION
              + " and the origin proxy "
              + hello.minVersion()
              + " to "
              + hello.maxVersion()
              + "; update the older one");
    }
    if (!hello.transport().equals(below.transport())) {
      throw exchange.refuse(ByeReason.TRANSPORT, differ(below.transport(), hello.transport()));
    }
    exchange.send(
        new Message.Challenge(
            Message.VERSION,
            !self.secrets().isEmpty(),
            self.opens(),
            self.streams(),
            self.instance(),
            random(Message.NONCE_BYTES),
            below.transport()));
    SecretKey proven = checkProof();
    exchange.send(new Message.Proof(proven == null ? NO_PROOF : proof(proven, REMOTE_LABEL)));
    return new Peer(
        Message.VERSION, hello.instance(), hello.opens(), hello.streams(), hello.name());
  }

  /** The secret that the peer has proven; null where none is in use. */
  private SecretKey checkProof() throws IOException {
    byte[] before = exchange.transcript();
    byte[] mac = exchange.receive(Message.Proof.class).mac();
    SecretKey proven = null;
    for (SecretKey secret : self.secrets()) {
      // Each is tried, so that the time tells nothing of which it was.
      if (MessageDigest.isEqual(proof(secret, ORIGIN_LABEL, before), mac)) {
        proven = secret;
      }
    }
    if (proven == null && !(self.secrets().isEmpty() && mac.length == 0)) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          "the secret is wrong or missing"
              + (below.transport().equals("tls")
                  ? ", or something between the two proxies takes TLS apart"
                  : ""));
    }
    return proven;
  }

  private Message.Hello hello() {
    return new Message.Hello(
        Message.VERSION,
        Message.VERSION,
        self.opens(),
        self.streams(),
        self.instance(),
        random(Message.NONCE_BYTES),
        self.name(),
        below.transport());
  }

  /** The dialling side's own proof, or the one it expects. */
  private byte[] proof(String label) {
    return self.secrets().isEmpty() ? NO_PROOF : proof(self.secrets().getFirst(), label);
  }

  private byte[] proof(SecretKey secret, String label) {
    return proof(secret, label, exchange.transcript());
  }

  private byte[] proof(SecretKey secret, String label, byte[] transcript) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(secret);
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      mac.update((byte) 0);
      mac.update((byte) below.binding().length);
      mac.update(below.binding());
      return mac.doFinal(transcript);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
