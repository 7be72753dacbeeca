package culvert.dialect.culvert;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A service that is offered with a port of its own, as the native wire has it: {@code NAME:PORT} in
 * the place of the name. No name has a colon, so that a remote proxy that gives no ports declines
 * it as a service that it does not have.
 *
 * @param service its name
 * @param port 0 for any
 */
record PortOffer(String service, int port) {

  private static final Pattern TEXT = Pattern.compile("([^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65535;

  /** Nothing if the text is a service's name only. */
  static Optional<PortOffer> of(String text) {
    var parts = TEXT.matcher(text);
    if (!parts.matches() || Integer.parseInt(parts.group(2)) > MAX_PORT) {
      return Optional.empty();
    }
    return Optional.of(new PortOffer(parts.group(1), Integer.parseInt(parts.group(2))));
  }

  /** As the wire has it. */
  String text() {
    return service + ":" + port;
  }
}
