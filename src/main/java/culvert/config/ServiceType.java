package culvert.config;

/** The transport protocol of a service. */
public enum ServiceType {
  /** Connections. */
  TCP(""),
  /** Datagrams. */
  UDP("udp:");

  private final String prefix;

  ServiceType(String prefix) {
    this.prefix = prefix;
  }

  /** Returns the text in front of an address of this type: {@code udp:}, or nothing for TCP. */
  public String prefix() {
    return prefix;
  }
}
