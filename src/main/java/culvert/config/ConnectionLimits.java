package culvert.config;

/**
 * Whom a remote proxy lets in at a time.
 *
 * @param visitors visitors of all services together
 * @param sessions origin proxies
 * @param halfOpen connections at the control address whose session does not serve yet
 * @param halfOpenPerAddress the same from one address: an IPv4 address, or an IPv6 network of 64
 *     bits
 */
public record ConnectionLimits(int visitors, int sessions, int halfOpen, int halfOpenPerAddress) {

  /** What the command line has where nothing is given. */
  public static final ConnectionLimits DEFAULT = new ConnectionLimits(16_384, 1024, 256, 64);

  /**
   * Checks each.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public ConnectionLimits {
    Checks.count("--max-visitors", visitors);
    Checks.count("--max-sessions", sessions);
    Checks.count("--max-unauthenticated", halfOpen);
    Checks.count("--max-unauthenticated-per-addr", halfOpenPerAddress);
  }
}
