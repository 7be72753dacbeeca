package culvert.noise;

/** What a handshake message is made of (section 7.1, and 9.2 for the pre-shared key). */
enum HandshakeToken {
  /** The sender's ephemeral public key. */
  E,
  /** The sender's static public key, sealed as soon as there is a key to seal with. */
  S,
  /** A secret of both ephemeral keys. */
  EE,
  /** A secret of the initiator's ephemeral and the responder's static key. */
  ES,
  /** A secret of the initiator's static and the responder's ephemeral key. */
  SE,
  /** A secret of both static keys. */
  SS,
  /** The pre-shared key. */
  PSK
}
