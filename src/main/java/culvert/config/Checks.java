package culvert.config;

import culvert.net.Durations;
import culvert.net.UnixPath;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Checks shared by several settings. Each message names the option. */
final class Checks {

  /** The form of the names of services and origin proxies. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final String NAME_FORM = "1 to 64 letters, digits, dots, dashes and underscores";

  /** A visitor would wait for seconds between two pieces. */
  private static final ByteCount MIN_BANDWIDTH = ByteCount.parse("1K");

  private static final ByteCount MAX_BANDWIDTH = ByteCount.parse("1024G");

  /** Maximum of every number that a setting gives. */
  static final int MAX_COUNT = 1_000_000;

  /** The effect of a timeout of zero on connections that this side opens. */
  static final String NO_CONNECTION = "no connection could be opened";

  /** The effect of a timeout of zero on a connection with one direction ended. */
  static final String CUT_ANSWERS = "answers would be cut off";

  /** The effect of a timeout of zero on a connection without bytes. */
  static final String NO_IDLE_CONNECTION = "no connection would stay open";

  private Checks() {}

  /**
   * Returns a parsed value.
   *
   * @param source where the text is from, with {@code %s} for each argument, for the message
   * @throws SettingException if the parser throws an IllegalArgumentException, with its message
   */
  static <T> T named(Supplier<T> parser, String source, Object... arguments) {
    try {
      return parser.get();
    } catch (IllegalArgumentException e) {
      var all = new ArrayList<>(List.of(arguments));
      all.add(e.getMessage());
      throw new SettingException(e, source + ": %s", all.toArray());
    }
  }

  static void distinct(Setting setting, List<ServiceAddress> services) {
    var names = new HashSet<String>();
    for (ServiceAddress service : services) {
      if (!names.add(service.service())) {
        throw new SettingException("%s names the service '%s' twice", setting, service.service());
      }
    }
  }

  /** Checks that no UDP service has a Unix socket. */
  static void sockets(Setting setting, List<ServiceAddress> services) {
    for (ServiceAddress service : services) {
      if (service.type() == ServiceType.UDP && service.address() instanceof UnixPath) {
        throw new SettingException(
            "%s is a UDP service, which cannot have the Unix socket %s",
            new ServiceSetting(setting, service.service()), service.address());
      }
    }
  }

  /**
   * Checks that values are for services that exist: a mistyped name would leave a service without
   * its rule.
   *
   * @param names those of the services with a value of their own; an empty one is for all
   * @param address the setting that every service has
   */
  static void haveServices(
      Setting setting, Set<String> names, List<ServiceAddress> services, Setting address) {
    var unknown = new TreeSet<>(names);
    unknown.remove("");
    services.forEach(service -> unknown.remove(service.service()));
    if (!unknown.isEmpty()) {
      throw new SettingException(
          "%s is for the service '%s', which has no %s",
          new ServiceSetting(setting, unknown.first()), unknown.first(), address);
    }
  }

  /** Checks a rate of bytes per second. */
  static void bandwidth(ServiceSetting setting, ByteCount value) {
    if (value.bytes() < MIN_BANDWIDTH.bytes() || value.bytes() > MAX_BANDWIDTH.bytes()) {
      throw new SettingException(
          "invalid value '%s' for %s: expected %s to %s bytes per second",
          value, setting, MIN_BANDWIDTH, MAX_BANDWIDTH);
    }
  }

  static void serviceName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "invalid service name '" + name + "': expected " + NAME_FORM);
    }
  }

  static void clientName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "invalid client name '" + name + "': expected " + NAME_FORM);
    }
  }

  static void name(Setting setting, String text) {
    if (!NAME.matcher(text).matches()) {
      throw new InvalidSettingException(setting, text, NAME_FORM);
    }
  }

  static void count(Setting setting, int value) {
    if (value < 1 || value > MAX_COUNT) {
      throw new InvalidSettingException(setting, value, "1 to " + MAX_COUNT);
    }
  }

  static void within(Setting setting, ByteCount value, ByteCount min, ByteCount max) {
    if (value.bytes() < min.bytes()) {
      throw new InvalidSettingException(setting, value, "at least " + min);
    }
    if (value.bytes() > max.bytes()) {
      throw new InvalidSettingException(setting, value, "at most " + max);
    }
  }

  /** Checks a duration of which zero would mean {@code otherwise}. */
  static void positive(Setting setting, Duration value, String otherwise) {
    if (!value.isPositive()) {
      throw new InvalidSettingException(
          setting, Durations.of(value), "a duration longer than zero: with zero, " + otherwise);
    }
  }

  static void certificate(Setting setting, TransportKind kind, Optional<TlsServerSettings> tls) {
    if (kind.isTls() && tls.isEmpty()) {
      throw new SettingException(
          "%s %s needs a certificate: set %s and %s, or %s",
          setting, kind.word(), Setting.TLS_CERT, Setting.TLS_KEY, Setting.TLS_PKCS12);
    }
  }
}
