package culvert.cli.option;

import culvert.config.HealthChecks;
import culvert.config.HealthProbe;
import culvert.config.ServiceValue;
import culvert.setting.Setting;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Health checks of origin servers, which each service can have of its own. */
@InHelp(HelpGroup.OPERATION)
public final class HealthOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--health-check",
      paramLabel = "[NAME=]CHECK",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Probe.class,
      description =
          "Check the origin server of a service, and while it fails, let origin proxies that share"
              + " the service have its visitors. CHECK is tcp for a connection, or http:PATH for a"
              + " GET request whose answer must have a status below 400; without NAME, for every"
              + " TCP service that has no check of its own.")
  private List<ServiceValue<HealthProbe>> probes = List.of();

  @Option(
      names = "--health-interval",
      paramLabel = "[NAME=]TIME",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Time.class,
      description = "Time from the end of one check to the next. [default: 10s]")
  private List<ServiceValue<Duration>> intervals = List.of();

  @Option(
      names = "--health-timeout",
      paramLabel = "[NAME=]TIME",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Time.class,
      description = "Timeout of one check. [default: 3s]")
  private List<ServiceValue<Duration>> timeouts = List.of();

  @Option(
      names = "--health-failures",
      paramLabel = "[NAME=]COUNT",
      split = ",",
      hideParamSyntax = true,
      converter = ServiceValueForms.Count.class,
      description =
          "Number of checks that must fail one after the other until the origin server is"
              + " unhealthy. The first check decides at once. [default: 3]")
  private List<ServiceValue<Integer>> failures = List.of();

  /**
   * Returns the checks of all places.
   *
   * @throws IllegalArgumentException if a value is invalid
   */
  public HealthChecks checks() {
    return new HealthChecks(
        ServiceValues.of(spec, Setting.HEALTH_CHECK, probes),
        ServiceValues.of(spec, Setting.HEALTH_INTERVAL, intervals),
        ServiceValues.of(spec, Setting.HEALTH_TIMEOUT, timeouts),
        ServiceValues.of(spec, Setting.HEALTH_FAILURES, failures));
  }
}
