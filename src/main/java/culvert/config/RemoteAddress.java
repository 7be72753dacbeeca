package culvert.config;

import culvert.net.HostPort;

/** The address at which an origin proxy reaches its remote proxy. */
public sealed interface RemoteAddress permits RemoteAddress.Direct, GroupAddress {

  /** Returns the address to dial, whether directly or through an outbound proxy. */
  HostPort dialled();

  /**
   * Parses {@code HOST:PORT}, or a group as {@link GroupAddress#parse} does.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  static RemoteAddress parse(String text) {
    return text.contains("://") ? GroupAddress.parse(text) : new Direct(HostPort.parse(text));
  }

  /**
   * The remote proxy's control address.
   *
   * @param dialled the address
   */
  record Direct(HostPort dialled) implements RemoteAddress {
    @Override
    public String toString() {
      return dialled.toString();
    }
  }
}
