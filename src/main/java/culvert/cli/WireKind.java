package culvert.cli;

/** Which wire a role speaks with the other half. */
enum WireKind {
  /** Ours. */
  NATIVE,
  /** tunneled-reverse-proxy's, which knows no authentication. */
  TRP
}
