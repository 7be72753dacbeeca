package culvert.dialect.culvert;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An offer of a service with a port, {@code NAME:PORT} in the place of the name. No service's name
 * has a colon, so a remote proxy without ports declines it as an unknown service.
 *
 * @param service the service's name
 * @param port 0 for any
 */
record PortOffer(String service, int port) {

  private static final Pattern TEXT = Pattern.compile("([^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65535;

  /** Parses an offer; returns nothing if the text is only a service's name. */
  static Optional<PortOffer> of(String text) {
    var parts = TEXT.matcher(text);
    if (!parts.matches() || Integer.parseInt(parts.group(2)) > MAX_PORT) {
      return Optional.empty();
    }
    return Optional.of(new PortOffer(parts.group(1), Integer.parseInt(parts.group(2))));
  }

  /** Returns the text that is sent. */
  String text() {
    return service + ":" + port;
  }
}
