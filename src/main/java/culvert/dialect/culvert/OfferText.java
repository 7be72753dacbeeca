package culvert.dialect.culvert;

import culvert.config.ServiceType;
import culvert.session.Offer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the text of an offer: a service's name, or {@code NAME:PORT} to request a port; either is
 * followed by {@code /udp} if the service is of type UDP. No service's name has a colon or a slash,
 * so a remote proxy without a port range or without UDP declines such an offer as an unknown
 * service. {@link Offer#toString} is the text that is sent.
 */
final class OfferText {

  private static final String UDP_SUFFIX = "/udp";
  private static final Pattern AT_PORT = Pattern.compile("([^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65535;

  private OfferText() {}

  /** Parses an offer. Any text without a valid port is a service's name. */
  static Offer parse(String text) {
    boolean isUdp = text.endsWith(UDP_SUFFIX) && text.length() > UDP_SUFFIX.length();
    ServiceType type = isUdp ? ServiceType.UDP : ServiceType.TCP;
    String place = isUdp ? text.substring(0, text.length() - UDP_SUFFIX.length()) : text;
    Matcher parts = AT_PORT.matcher(place);
    if (!parts.matches() || Integer.parseInt(parts.group(2)) > MAX_PORT) {
      return Offer.of(place, type);
    }
    return Offer.atPort(parts.group(1), type, Integer.parseInt(parts.group(2)));
  }
}
