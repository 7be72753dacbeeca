package culvert.cli.option;

/** The protocol that the two proxies use. */
enum ProtocolKind {
  /** Culvert's own protocol. */
  NATIVE,
  /** That of tunneled-reverse-proxy, which has no authentication. */
  TRP
}
