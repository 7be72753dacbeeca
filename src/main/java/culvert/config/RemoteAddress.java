package culvert.config;

import culvert.net.HostPort;

/** Where an origin proxy meets its remote proxy. */
public sealed interface RemoteAddress permits RemoteAddress.Direct, GroupAddress {

  /** What is dialled, however the connections get there. */
  HostPort dialled();

  /**
   * Reads {@code HOST:PORT}, or a group as {@link GroupAddress#parse} does.
   *
   * @throws IllegalArgumentException whose message says what is wrong with the text
   */
  static RemoteAddress parse(String text) {
    return text.contains("://") ? GroupAddress.parse(text) : new Direct(HostPort.parse(text));
  }

  /**
   * At the remote proxy's control address.
   *
   * @param dialled that address
   */
  record Direct(HostPort dialled) implements RemoteAddress {
    @Override
    public String toString() {
      return dialled.toString();
    }
  }
}
