package culvert.config;

import culvert.net.Durations;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The health checks of an origin proxy's TCP services.
 *
 * @param probes how the origin server of a service is checked; it is not if there is none
 * @param intervals from the end of one check to the start of the next
 * @param timeouts of one check
 * @param failures checks that fail one after the other until the server is unhealthy
 */
public record HealthChecks(
    PerService<HealthProbe> probes,
    PerService<Duration> intervals,
    PerService<Duration> timeouts,
    PerService<Integer> failures) {

  /** No checks. */
  public static final HealthChecks NONE =
      new HealthChecks(PerService.none(), PerService.none(), PerService.none(), PerService.none());

  /** The default of {@link #intervals}. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);

  /** The default of {@link #timeouts}. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);

  /** The default of {@link #failures}. */
  public static final int DEFAULT_FAILURES = 3;

  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);

  /** The maximum of {@link #intervals} and {@link #timeouts}, that of all durations. */
  public static final Duration MAX_TIME = Durations.MAX;

  /** The maximum of {@link #failures}. */
  public static final int MAX_FAILURES = 1000;

  /** Returns the check of a service, if it has one. */
  public Optional<HealthCheck> of(ServiceAddress service) {
    String name = service.service();
    return probes
        .value(name)
        .filter(probe -> service.type() == ServiceType.TCP)
        .map(probe ->
            new HealthCheck(
                probe,
                intervals.value(name).orElse(DEFAULT_INTERVAL),
                timeouts.value(name).orElse(DEFAULT_TIMEOUT),
                failures.value(name).orElse(DEFAULT_FAILURES)));
  }

  /** Returns whether a service is checked. */
  public boolean isAny() {
    return !probes.values().isEmpty();
  }

  /**
   * Checks that each value is valid and for a service that exists.
   *
   * @throws IllegalArgumentException whose message names the option and the service
   */
  void check(List<ServiceAddress> services) {
    checkServices(Setting.HEALTH_CHECK, probes, services);
    check(
        Setting.HEALTH_INTERVAL,
        intervals,
        services,
        Durations::of,
        value -> value.compareTo(MIN_INTERVAL) >= 0,
        Durations.of(MIN_INTERVAL) + " or longer");
    check(
        Setting.HEALTH_TIMEOUT,
        timeouts,
        services,
        Durations::of,
        Duration::isPositive,
        "a duration longer than zero");
    check(
        Setting.HEALTH_FAILURES,
        failures,
        services,
        String::valueOf,
        value -> 1 <= value && value <= MAX_FAILURES,
        "1 to " + MAX_FAILURES);
  }

  private static void checkServices(
      Setting setting, PerService<?> given, List<ServiceAddress> services) {
    given.checkSingle(setting, services, Setting.ORIGIN_SERVER_ADDR);
    services.stream()
        .filter(service -> service.type() == ServiceType.UDP)
        .map(ServiceAddress::service)
        .filter(given.values()::containsKey)
        .findFirst()
        .ifPresent(service -> {
          throw new SettingException(
              "%s is for the UDP service '%s'; only TCP services are checked",
              new ServiceSetting(setting, service), service);
        });
  }

  private <T> void check(
      Setting setting,
      PerService<T> given,
      List<ServiceAddress> services,
      Function<T, String> text,
      Predicate<T> isValid,
      String expected) {
    checkServices(setting, given, services);
    given
        .values()
        .forEach((service, all) -> {
          var place = new ServiceSetting(setting, service);
          if (!isValid.test(all.getFirst())) {
            throw new SettingException(
                "invalid value '%s' for %s: expected %s",
                text.apply(all.getFirst()), place, expected);
          }
          if (service.isEmpty() ? !isAny() : probes.value(service).isEmpty()) {
            throw new SettingException(
                "%s has no effect without %s",
                place, new ServiceSetting(Setting.HEALTH_CHECK, service));
          }
        });
  }
}
