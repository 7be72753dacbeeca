package culvert.config;

/** A protocol that a remote proxy serves at its control address. */
public enum ControlProtocol {
  /** Culvert's own protocol. */
  NATIVE,
  /** That of bore, whose clients begin differently than native origin proxies. */
  BORE,
  /** That of tunneled-reverse-proxy, whose connections can begin with any bytes or with none. */
  TRP
}
