package culvert.cli.option;

import culvert.config.ServiceAddress;
import culvert.config.TransportKind;
import culvert.observe.Log;
import java.util.List;
import picocli.CommandLine.Option;

/** Which wire a role speaks, and what it cannot have then. */
public final class ProtocolOption {

  @Option(
      names = "--dialect",
      paramLabel = "KIND",
      defaultValue = "native",
      description =
          "native, or trp: the wire of tunneled-reverse-proxy, for its programs at the other end. "
              + "That has one service and NO AUTHENTICATION: the first to reach the control "
              + "address receives the visitors (default: native).")
  private ProtocolKind kind;

  /** Whether it is the other pair's wire. */
  public boolean isTrp() {
    return kind == ProtocolKind.TRP;
  }

  /**
   * Checks what that wire cannot have, if it is the one.
   *
   * @param secret whether there is one
   * @throws IllegalArgumentException naming the option that means nothing
   */
  public void check(boolean secret, TransportKind transport, List<ServiceAddress> services) {
    if (!isTrp()) {
      return;
    }
    if (secret) {
      throw new IllegalArgumentException(
          "--dialect trp has no authentication: a secret would protect nothing; leave it out");
    }
    refuse("--transport but plain", transport != TransportKind.PLAIN);
    if (services.size() != 1) {
      throw new IllegalArgumentException("--dialect trp has one service");
    }
  }

  /**
   * The same for one more option.
   *
   * @param given whether it is
   */
  public void refuse(String option, boolean given) {
    if (isTrp() && given) {
      throw new IllegalArgumentException("--dialect trp has no " + option);
    }
  }

  /** Says it loudly, or what a role says where there is no secret. */
  public void warn(Log log, boolean authenticates, String otherwise) {
    if (isTrp()) {
      log.warn(
          "--dialect trp HAS NO AUTHENTICATION: whoever reaches the control address first receives"
              + " the visitors, and whoever is on the way reads them");
    } else if (!authenticates) {
      log.warn(otherwise);
    }
  }
}
