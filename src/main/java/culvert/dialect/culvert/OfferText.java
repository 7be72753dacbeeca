package culvert.dialect.culvert;

import culvert.session.Offer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the text of an offer: a service's name, or {@code NAME:PORT} to request a port. No
 * service's name has a colon, so a remote proxy without a port range declines such an offer as an
 * unknown service. {@link Offer#toString} is the text that is sent.
 */
final class OfferText {

  private static final Pattern AT_PORT = Pattern.compile("([^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65535;

  private OfferText() {}

  /** Parses an offer. Any text without a valid port is a service's name. */
  static Offer parse(String text) {
    Matcher parts = AT_PORT.matcher(text);
    if (!parts.matches() || Integer.parseInt(parts.group(2)) > MAX_PORT) {
      return Offer.of(text);
    }
    return Offer.atPort(parts.group(1), Integer.parseInt(parts.group(2)));
  }
}
