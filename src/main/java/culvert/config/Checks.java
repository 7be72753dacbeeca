package culvert.config;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Checks that several settings need; each complaint names the option. */
final class Checks {

  /** Of services and of origin proxies. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final int MOST = 1_000_000;

  private Checks() {}

  static void distinct(String option, List<ServiceAddress> services) {
    var names = new HashSet<String>();
    for (ServiceAddress service : services) {
      if (!names.add(service.service())) {
        throw new IllegalArgumentException(
            option + " names the service '" + service.service() + "' twice");
      }
    }
  }

  static void name(String what, String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is no "
              + what
              + ": up to 64 letters, digits, dots, dashes and underscores");
    }
  }

  static void count(String option, int value) {
    if (value < 1 || value > MOST) {
      throw new IllegalArgumentException(option + " is not within 1 to " + MOST);
    }
  }

  static void within(String option, ByteCount value, ByteCount least, ByteCount most) {
    if (value.bytes() < least.bytes()) {
      throw new IllegalArgumentException(option + " is less than " + least);
    }
    if (value.bytes() > most.bytes()) {
      throw new IllegalArgumentException(option + " is more than " + most);
    }
  }

  static void certificate(TransportKind kind, Optional<TlsServerSettings> tls) {
    if (kind.isTls() && tls.isEmpty()) {
      throw new IllegalArgumentException(
          "--transport tls and wss need a certificate: --tls-cert and --tls-key, or --tls-pkcs12");
    }
  }
}
