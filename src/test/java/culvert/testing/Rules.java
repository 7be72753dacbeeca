package culvert.testing;

import culvert.config.ByteCount;
import culvert.config.HealthChecks;
import culvert.config.HealthProbe;
import culvert.config.PerService;
import culvert.config.ServiceValue;
import culvert.net.Cidr;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Values of rules and health checks, which services can have of their own. */
public final class Rules {

  private Rules() {}

  /** Returns a value for all services. */
  public static <T> PerService<T> forAll(T value) {
    return PerService.of(List.of(new ServiceValue<>("", value)));
  }

  /** Parses networks, each with or without the name of a service. */
  public static PerService<Cidr> networks(String... texts) {
    return parsed(Cidr::parse, texts);
  }

  /** Parses rates, each with or without the name of a service. */
  public static PerService<ByteCount> bandwidths(String... texts) {
    return parsed(ByteCount::parse, texts);
  }

  private static <T> PerService<T> parsed(Function<String, T> parser, String... texts) {
    return PerService.of(Stream.of(texts).map(text -> ServiceValue.parse(text, parser)).toList());
  }

  /** Returns the check of all services, with the default times. */
  public static HealthChecks check(String probe) {
    return new HealthChecks(
        forAll(HealthProbe.parse(probe)), PerService.none(), PerService.none(), PerService.none());
  }

  /** Returns the check of all services. */
  public static HealthChecks check(
      String probe, Duration interval, Duration timeout, int failures) {
    return new HealthChecks(
        forAll(HealthProbe.parse(probe)), forAll(interval), forAll(timeout), forAll(failures));
  }
}
