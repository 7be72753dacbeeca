package culvert.config;

import culvert.net.Durations;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Checks shared by several settings. Each message names the option. */
final class Checks {

  /** The form of the names of services and origin proxies. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final String NAME_FORM = "1 to 64 letters, digits, dots, dashes and underscores";

  private static final int MAX_COUNT = 1_000_000;

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

  static void serviceName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "invalid service name '" + name + "': expected " + NAME_FORM);
    }
  }

  static void name(String setting, String text) {
    if (!NAME.matcher(text).matches()) {
      throw new InvalidSettingException(setting, text, NAME_FORM);
    }
  }

  static void count(String setting, int value) {
    if (value < 1 || value > MAX_COUNT) {
      throw new InvalidSettingException(setting, Integer.toString(value), "1 to " + MAX_COUNT);
    }
  }

  static void within(String setting, ByteCount value, ByteCount min, ByteCount max) {
    if (value.bytes() < min.bytes()) {
      throw new InvalidSettingException(setting, value.toString(), "at least " + min);
    }
    if (value.bytes() > max.bytes()) {
      throw new InvalidSettingException(setting, value.toString(), "at most " + max);
    }
  }

  static void positive(String setting, Duration value) {
    if (value.isZero()) {
      throw new InvalidSettingException(
          setting, Durations.of(value), "a duration longer than zero");
    }
  }

  static void certificate(TransportKind kind, Optional<TlsServerSettings> tls) {
    if (kind.isTls() && tls.isEmpty()) {
      throw new IllegalArgumentException(
          "--transport tls and wss need a certificate: set --tls-cert and --tls-key, or"
              + " --tls-pkcs12");
    }
  }
}
