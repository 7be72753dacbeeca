package culvert.config;

/** How the visitors of a service are spread over the origin proxies that share it. */
public enum Balance {
  /** Each origin proxy gets the next visitor in turn. */
  ROUND_ROBIN("round-robin"),
  /** The origin proxy with the fewest visitors of the service gets the next one. */
  FEWEST_CONNECTIONS("least-connections"),
  /** Visitors with one source address get the same origin proxy, as long as it serves. */
  SOURCE("source");

  private final String word;

  Balance(String word) {
    this.word = word;
  }

  /** Returns the word that users write. */
  public String word() {
    return word;
  }
}
