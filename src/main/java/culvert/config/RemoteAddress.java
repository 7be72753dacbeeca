package culvert.config;

import culvert.net.HostPort;
import java.net.InetAddress;
import java.util.Locale;

/** The address at which an origin proxy reaches a remote proxy. */
public sealed interface RemoteAddress
    permits RemoteAddress.Direct, RemoteAddress.AllOf, GroupAddress {

  /** Returns the address to dial, whether directly or through an outbound proxy. */
  HostPort dialled();

  /**
   * Parses {@code HOST:PORT}, {@code all:HOST:PORT}, or a group as {@link GroupAddress#parse} does.
   * With one colon, {@code all} is a host.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  static RemoteAddress parse(String text) {
    if (text.startsWith(AllOf.PREFIX) && text.indexOf(':', AllOf.PREFIX.length()) >= 0) {
      return new AllOf(HostPort.parse(text.substring(AllOf.PREFIX.length())));
    }
    return text.contains("://") ? GroupAddress.parse(text) : new Direct(HostPort.parse(text));
  }

  /** Returns a text that addresses of the same place have in common, however they are written. */
  default String canonical() {
    HostPort at = dialled();
    String host =
        at.literal()
            .map(InetAddress::getHostAddress)
            .orElseGet(() -> at.host().toLowerCase(Locale.ROOT).replaceFirst("\\.$", ""));
    return host + " " + at.port();
  }

  /** Returns whether both lead to the same place in the same way, however they are written. */
  default boolean isSameAs(RemoteAddress other) {
    return getClass() == other.getClass() && canonical().equals(other.canonical());
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

  /**
   * All addresses of a name, each of another remote proxy.
   *
   * @param dialled the name, which certificates are checked against, and the port
   */
  record AllOf(HostPort dialled) implements RemoteAddress {
    private static final String PREFIX = "all:";

    @Override
    public String toString() {
      return PREFIX + dialled;
    }
  }
}
