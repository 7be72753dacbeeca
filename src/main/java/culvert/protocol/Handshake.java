package culvert.protocol;

import culvert.setting.Setting;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.SecretKey;

/**
 * The login: HELLO, CHALLENGE, and a PROOF in each direction.
 *
 * <pre>
 *   origin side                                 remote side
 *   HELLO            ------------------------>
 *                    <------------------------  CHALLENGE
 *   PROOF            ------------------------>
 *                    <------------------------  PROOF, or BYE with a reason
 * </pre>
 *
 * <p>On a plain connection the preface precedes it. A proof is HMAC-SHA256, keyed with the secret,
 * over a label for the role of the prover, every byte of the exchange before it, and the channel
 * binding. Both nonces are among these bytes, so a proof is valid for one connection, one role and
 * one pair of HELLO and CHALLENGE. An attacker that captures a handshake on a plain connection can
 * test weak secrets against it offline; only an encrypted connection prevents that.
 *
 * <p>If the connection below has proven the secret already, proofs are empty and the dialling side
 * does not wait for the CHALLENGE, unless it checks the process of the remote proxy first.
 */
public final class Handshake {

  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * Parameters of this side.
   *
   * @param instance random, {@value Message#INSTANCE_BYTES} bytes, one for each process
   * @param opens maximum number of unanswered OPENs that it accepts
   * @param streams maximum number of concurrent streams that it accepts
   * @param name name that it logs in with; empty on the accepting side
   * @param secrets the shared secrets: at most one on the dialling side; the accepting side accepts
   *     any of its secrets
   * @param maxVersion highest protocol version that it uses
   * @param features features that it uses from version 2 on
   */
  public record Local(
      byte[] instance,
      int opens,
      int streams,
      String name,
      List<SecretKey> secrets,
      int maxVersion,
      Set<Feature> features) {
    /** Copies the collections. */
    public Local {
      secrets = List.copyOf(secrets);
      features = Set.copyOf(features);
    }

    /** Creates the parameters of a side that uses every supported version and feature. */
    public Local(byte[] instance, int opens, int streams, String name, List<SecretKey> secrets) {
      this(instance, opens, streams, name, secrets, Message.MAX_VERSION, Feature.all());
    }

    /**
     * Returns these parameters with other secrets; with none, for a connection that has proven the
     * secret already.
     */
    public Local withSecrets(List<SecretKey> others) {
      return new Local(instance, opens, streams, name, others, maxVersion, features);
    }

    /** Returns the features that this side and the peer have in the given version. */
    private Set<Feature> agreed(int version, int ofPeer) {
      Set<Feature> agreed = Feature.of(version < Message.FEATURE_VERSION ? 0 : ofPeer);
      agreed.retainAll(features);
      return Set.copyOf(agreed);
    }
  }

  /**
   * The connection below, as this side sees it.
   *
   * @param transport name of the transport, equal on both sides
   * @param binding channel binding: bytes that are unique to this connection and equal at both
   *     ends, such as a hash of its handshake; may be empty
   * @param prefaceSent whether the preface was exchanged already, before encryption
   * @param proven whether the connection proves the secret by itself
   */
  public record Channel(String transport, byte[] binding, boolean prefaceSent, boolean proven) {
    /** A plain connection. */
    public static final Channel PLAIN = new Channel("plain", new byte[0], false, false);
  }

  /**
   * Parameters of the peer after the login.
   *
   * @param version protocol version that both sides use
   * @param features features that both sides use
   * @param instance the peer's instance id
   * @param opens maximum number of unanswered OPENs that the peer accepts
   * @param streams maximum number of concurrent streams that the peer accepts
   * @param name name that it logged in with; empty for a remote proxy
   */
  public record Peer(
      int version, Set<Feature> features, byte[] instance, int opens, int streams, String name) {}

  /** Decides by the remote proxy's instance id whether the dialling side completes its login. */
  @FunctionalInterface
  public interface InstanceCheck {
    /** Accepts every process; the proof need not wait for the CHALLENGE then. */
    InstanceCheck NONE = instance -> {};

    /**
     * Called after the CHALLENGE and before the proof. The remote proxy has proven nothing by then,
     * unless the connection below has.
     *
     * @throws IOException if the login ends here, which has no effect at the remote proxy
     */
    void check(byte[] instance) throws IOException;
  }

  private final Local self;
  private final Channel below;
  private final HandshakeExchange exchange;
  private final HandshakeProofs proofs;

  private Handshake(Local self, Channel below, HandshakeExchange exchange) {
    this.self = below.proven() ? self.withSecrets(List.of()) : self;
    this.below = below;
    this.exchange = exchange;
    this.proofs = new HandshakeProofs(this.self.secrets(), below.binding(), exchange);
  }

  /** Returns a new random instance id for this process. */
  public static byte[] newInstance() {
    return random(Message.INSTANCE_BYTES);
  }

  /**
   * Runs the dialling side.
   *
   * @param exchange an unused exchange
   * @throws PeerRefusedException if the peer ended the handshake with a reason, or its proof is
   *     missing
   * @throws ProtocolException if the peer violated the protocol
   */
  public static Peer dial(Local self, Channel below, HandshakeExchange exchange)
      throws IOException {
    return dial(self, below, exchange, InstanceCheck.NONE);
  }

  /**
   * Runs the dialling side as {@link #dial(Local, Channel, HandshakeExchange)} does, with a check
   * of the remote proxy's process, whose exception it throws.
   */
  public static Peer dial(
      Local self, Channel below, HandshakeExchange exchange, InstanceCheck instances)
      throws IOException {
    return new Handshake(self, below, exchange).dial(instances);
  }

  /**
   * Runs the accepting side. The peer receives a refusal as BYE before the exception is thrown.
   *
   * @param first the message received already
   * @throws PeerRefusedException if the peer's versions, transport or proof do not fit
   * @throws ProtocolException if the peer violated the protocol
   */
  public static Peer accept(Local self, Channel below, HandshakeExchange exchange, Message first)
      throws IOException {
    return new Handshake(self, below, exchange)
        .accept(HandshakeExchange.expect(Message.Hello.class, first));
  }

  private Peer dial(InstanceCheck instances) throws IOException {
    boolean isProofEarly = below.proven() && instances == InstanceCheck.NONE;
    if (!below.prefaceSent()) {
      exchange.begin(hello());
    } else if (isProofEarly) {
      exchange.send(hello(), new Message.Proof(HandshakeProofs.NONE));
    } else {
      exchange.send(hello());
    }
    var challenge = challenge();
    check(challenge);
    instances.check(challenge.instance());
    if (!isProofEarly) {
      exchange.send(new Message.Proof(proofs.ofOrigin()));
    }
    byte[] expected = proofs.ofRemote();
    if (!MessageDigest.isEqual(expected, exchange.receive(Message.Proof.class).mac())) {
      throw exchange.refuse(ByeReason.CREDENTIALS, "the remote proxy does not have the secret");
    }
    return new Peer(
        challenge.version(),
        self.agreed(challenge.version(), challenge.features()),
        challenge.instance(),
        challenge.opens(),
        challenge.streams(),
        "");
  }

  private Message.Challenge challenge() throws IOException {
    try {
      return exchange.receive(Message.Challenge.class);
    } catch (ProtocolException e) {
      throw new UnknownAnswerException(e);
    }
  }

  private void check(Message.Challenge challenge) throws PeerRefusedException {
    if (challenge.version() < Message.MIN_VERSION || challenge.version() > self.maxVersion()) {
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
          "the remote proxy has no secret and cannot prove its identity; configure the same secret"
              + " on both sides");
    }
    if (self.secrets().isEmpty() && challenge.proofWanted()) {
      PeerRefusedException sent =
          exchange.refuse(
              ByeReason.CREDENTIALS,
              "the remote proxy requires a secret and the origin proxy has none; configure the same"
                  + " secret on both sides");
      // The requirement is the remote proxy's; this side only ends the login first.
      throw PeerRefusedException.byPeer(sent.reason(), sent.getMessage());
    }
  }

  private static String differ(String ofRemote, String ofOrigin) {
    return "the remote proxy uses transport "
        + ofRemote
        + " and the origin proxy "
        + ofOrigin
        + "; use the same "
        + Setting.TRANSPORT
        + " on both sides, and no proxy between them that terminates it";
  }

  private Peer accept(Message.Hello hello) throws IOException {
    int version = Math.min(hello.maxVersion(), self.maxVersion());
    if (version < Math.max(hello.minVersion(), Message.MIN_VERSION)) {
      throw exchange.refuse(
          ByeReason.VERSION,
          "this remote proxy supports versions "
              + Message.MIN_VERSION
              + " to "
              + self.maxVersion()
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
            version,
            !self.secrets().isEmpty(),
            self.opens(),
            self.streams(),
            self.instance(),
            random(Message.NONCE_BYTES),
            Feature.field(self.features()),
            below.transport()));
    Optional<SecretKey> proven = checkProof();
    proven.ifPresent(exchange::setProven);
    exchange.send(new Message.Proof(proven.map(proofs::ofRemote).orElse(HandshakeProofs.NONE)));
    return new Peer(
        version,
        self.agreed(version, hello.features()),
        hello.instance(),
        hello.opens(),
        hello.streams(),
        hello.name());
  }

  /** Returns the secret that the peer has proven; empty if no secret is used. */
  private Optional<SecretKey> checkProof() throws IOException {
    byte[] before = exchange.transcript();
    byte[] mac = exchange.receive(Message.Proof.class).mac();
    Optional<SecretKey> proven = proofs.proven(mac, before);
    if (proven.isEmpty() && !(self.secrets().isEmpty() && mac.length == 0)) {
      throw exchange.refuse(
          ByeReason.CREDENTIALS,
          wrongSecret()
              + (below.transport().equals("tls")
                  ? ", or a proxy between the two sides terminates TLS"
                  : ""));
    }
    return proven;
  }

  /** The text is equal for a client that does not exist. */
  private String wrongSecret() {
    return exchange
        .client()
        .map(PeerRefusedException::wrongSecretOf)
        .orElse("the secret is wrong or missing");
  }

  private Message.Hello hello() {
    return new Message.Hello(
        Message.MIN_VERSION,
        self.maxVersion(),
        self.opens(),
        self.streams(),
        self.instance(),
        random(Message.NONCE_BYTES),
        Feature.field(self.features()),
        self.name(),
        below.transport());
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
