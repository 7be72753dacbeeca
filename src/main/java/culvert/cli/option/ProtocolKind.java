package culvert.cli.option;

/** A protocol that an origin proxy uses. */
enum ProtocolKind {
  /** Culvert's own protocol. */
  NATIVE,
  /** That of tunneled-reverse-proxy, which has no authentication. */
  TRP
}
