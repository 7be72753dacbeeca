package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.cli.process.Terminal;
import culvert.config.HealthCheck;
import culvert.config.HealthChecks;
import culvert.config.HealthProbe;
import culvert.config.OriginSettings;
import culvert.config.ServiceAddress;
import culvert.config.toml.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Health checks: as options, and as keys of a settings file. */
class HealthOptionsTest {

  private static final String CLIENT =
      """
      [client]
      remote_addr = "127.0.0.1:1"
      services.web.local_addr = "127.0.0.1:1"
      services.ssh.local_addr = "127.0.0.1:2"
      services.dns = {type = "udp", local_addr = "127.0.0.1:3"}
      services.game.local_addr = "127.0.0.1:5000-5001"
      """;

  @TempDir private Path folder;

  private static OriginSettings parsed(Stream<String> options) {
    String[] arguments = Stream.concat(Stream.of("origin-proxy"), options).toArray(String[]::new);
    Terminal terminal = FileCheck.silent();
    CommandLine command =
        SettingsFiles.commandLine(terminal, SettingsFiles.of(terminal, arguments), Role.CLIENT);
    command.getCommandSpec().root().commandLine().parseArgs(arguments);
    OriginProxyCommand origin = command.getCommand();
    return origin.settings();
  }

  private OriginSettings ofFile(String lines, String... options) throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), CLIENT + lines);
    return parsed(Stream.concat(Stream.of("--config", file.toString()), Stream.of(options)));
  }

  private static OriginSettings ofOptions(String... options) {
    return parsed(
        Stream.concat(
            Stream.of(
                "--remote-proxy-addr=127.0.0.1:1", "--origin-server-addr=web=1,ssh=2,dns=udp:3"),
            Stream.of(options)));
  }

  private static Optional<HealthCheck> check(OriginSettings settings, String service) {
    ServiceAddress address =
        settings.services().stream()
            .filter(one -> one.service().equals(service))
            .findFirst()
            .orElseThrow();
    return settings.healthChecks().of(address);
  }

  private static HealthCheck check(String probe, int interval, int timeout, int failures) {
    return new HealthCheck(
        HealthProbe.parse(probe),
        Duration.ofSeconds(interval),
        Duration.ofSeconds(timeout),
        failures);
  }

  @Test
  void servicesAreNotCheckedByDefault() {
    assertThat(ofOptions().healthChecks()).isEqualTo(HealthChecks.NONE);
  }

  @Test
  void optionsAreForOneServiceOrForAll() {
    OriginSettings settings =
        ofOptions(
            "--health-check=tcp,web=http:/health?a=b",
            "--health-interval=web=5s",
            "--health-timeout=2s,ssh=1s",
            "--health-failures=web=1");
    assertThat(check(settings, "web")).contains(check("http:/health?a=b", 5, 2, 1));
    assertThat(check(settings, "ssh")).contains(check("tcp", 10, 1, 3));
    assertThat(check(settings, "dns")).as("UDP").isEmpty();
  }

  /** No service has a name with a colon. */
  @Test
  void pathOfAllServicesMayHaveAnEqualsSign() {
    assertThat(check(ofOptions("--health-check=http:/health?a=b"), "web"))
        .contains(check("http:/health?a=b", 10, 3, 3));
  }

  @Test
  void keysAreThoseOfAServiceOrOfTheBlock() throws Exception {
    OriginSettings settings =
        ofFile(
            """
            health_check = "tcp"
            health_interval = 7
            services.web.health_check = "http:/health?a=b"
            services.web.health_timeout = "1s"
            services.game.health_failures = 5
            """);
    assertThat(check(settings, "web")).contains(check("http:/health?a=b", 7, 1, 3));
    assertThat(check(settings, "ssh")).contains(check("tcp", 7, 3, 3));
    assertThat(check(settings, "game.1")).contains(check("tcp", 7, 3, 5));
    assertThat(check(settings, "dns")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--health-check=web=udp | expected tcp or http:PATH, such as http:/health",
        "--health-check=tcp,web=tcp,web=tcp | --health-check is given twice for the service 'web'",
        "--health-check=mail=tcp | --health-check mail is for the service 'mail', which has no"
            + " --origin-server-addr",
        "--health-check=dns=tcp | --health-check dns is for the UDP service 'dns'; only TCP"
            + " services are checked",
        "--health-check=tcp --health-interval=dns=1s | --health-interval dns is for the UDP service"
            + " 'dns'; only TCP services are checked",
        "--health-check=tcp --health-failures=dns=1 | --health-failures dns is for the UDP service",
        "--health-interval=1s | --health-interval has no effect without --health-check",
        "--health-check=ssh=tcp --health-timeout=web=1s | --health-timeout web has no effect"
            + " without --health-check web",
        "--health-check=tcp --health-interval=99ms | invalid value '99ms' for --health-interval:"
            + " expected 100ms or longer",
        "--health-check=tcp --health-timeout=web=0s | invalid value '0s' for --health-timeout web:"
            + " expected a duration longer than zero",
        "--health-check=tcp --health-failures=0 | invalid value '0' for --health-failures: expected"
            + " 1 to 1000",
        "--health-check=tcp --health-failures=x | expected a whole number"
      })
  void invalidOptionsAreNamed(String options, String message) {
    assertThatThrownBy(() -> ofOptions(options.strip().split(" ")))
        .hasMessageContaining(message.strip());
  }

  @Test
  void protocolTrpHasNoHealthChecks() {
    assertThatThrownBy(() ->
            parsed(
                Stream.of(
                    "--remote-proxy-addr=127.0.0.1:1",
                    "--origin-server-addr=1",
                    "--protocol=trp",
                    "--health-check=tcp")))
        .hasMessage("--protocol trp does not support --health-check");
  }
}
