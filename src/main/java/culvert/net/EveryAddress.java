package culvert.net;

/** The address to listen at for connections to every address of this host. */
public final class EveryAddress {

  private EveryAddress() {}

  /** Returns its host: of both families if this host has both, otherwise of IPv4. */
  public static String host() {
    return AddressFamily.hasIpv6() ? "::" : "0.0.0.0";
  }
}
