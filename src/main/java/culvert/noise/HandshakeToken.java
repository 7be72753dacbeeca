package culvert.noise;

/** The tokens of a message pattern (section 7.1, and section 9.2 for the pre-shared key). */
enum HandshakeToken {
  /** The sender's ephemeral public key. */
  E,
  /** The sender's static public key, encrypted once the cipher has a key. */
  S,
  /** DH of both ephemeral keys. */
  EE,
  /** DH of the initiator's ephemeral and the responder's static key. */
  ES,
  /** DH of the initiator's static and the responder's ephemeral key. */
  SE,
  /** DH of both static keys. */
  SS,
  /** The pre-shared key. */
  PSK
}
