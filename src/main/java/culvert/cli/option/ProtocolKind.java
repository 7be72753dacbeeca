package culvert.cli.option;

/** Which wire a role speaks with the other half. */
enum ProtocolKind {
  /** Ours. */
  NATIVE,
  /** tunneled-reverse-proxy's, which knows no authentication. */
  TRP
}
