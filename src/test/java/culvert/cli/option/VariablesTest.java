package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.setting.Setting;
import culvert.testing.LeakCheck;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Names of environment variables, of all commands together. */
@ExtendWith(LeakCheck.class)
class VariablesTest {

  /** Command lines that start a role, which stops at once. */
  static final List<String> ROLES =
      List.of(
          "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0",
          "origin-proxy --remote-proxy-addr=127.0.0.1:1 --origin-server-addr=127.0.0.1:1",
          "bounce-server --bind=127.0.0.1 --port=0",
          "bore server --bind-addr=127.0.0.1 --control-port=0",
          "bore local 8000 --to=127.0.0.1:1");

  private static Cli run(Map<String, String> variables, String line, String... more) {
    return Cli.run(
        variables,
        Stream.concat(Arrays.stream(line.split(" ")), Arrays.stream(more)).toArray(String[]::new));
  }

  private static List<CommandSpec> commands() {
    return OptionSettingsTest.commands();
  }

  @Test
  void eachVariableSetsOneSetting() {
    var settings = new TreeMap<String, Setting>();
    for (CommandSpec command : commands()) {
      for (OptionSpec option : command.options()) {
        VariableNames.current(option)
            .ifPresent(name -> {
              Setting setting = OptionSettings.of(option).orElseThrow();
              assertThat(settings.getOrDefault(name, setting)).as(name).isEqualTo(setting);
              settings.put(name, setting);
            });
      }
    }
    assertThat(settings).containsEntry("CULVERT_CONTROL_ADDR", Setting.CONTROL_ADDR);
  }

  /** Other variables are the option's name in capitals; the help shows these. */
  @Test
  void variablesWithOtherNamesAreShownInTheHelp() {
    var irregular = new TreeMap<String, String>();
    for (CommandSpec command : commands()) {
      for (OptionSpec option : command.options()) {
        String name = VariableNames.current(option).orElse("");
        if (!VariableNames.isRegular(option) && name.startsWith("CULVERT_")) {
          irregular.put(name, FormerNames.name(option));
          assertThat(command.commandLine().getUsageMessage().replaceAll("\\s+", " "))
              .contains("[env: " + name + "]");
        }
      }
    }
    assertThat(irregular)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("CULVERT_OUTSIDE_PORT_NUMBER", "--outside-port"),
                Map.entry("CULVERT_CONTROL_PORT_NUMBER", "--control-port"),
                Map.entry("CULVERT_ORIGIN_NAME", "--name"),
                Map.entry("CULVERT_BOUNCE_PORT_NUMBER", "--port"),
                Map.entry("CULVERT_BORE_PORT_NUMBER", "--port"),
                Map.entry("CULVERT_BOUNCE_PROTOCOL", "--protocol"),
                Map.entry("CULVERT_BOUNCE_TRANSPORT", "--transport"),
                Map.entry("CULVERT_BORE_ONCE", "--once"),
                Map.entry("CULVERT_DEMO_ONCE", "--once"),
                Map.entry("CULVERT_DEMO_OUTSIDE_ADDR", "--outside-addr"),
                Map.entry("CULVERT_RUN_SERVER", "--server"),
                Map.entry("CULVERT_RUN_CLIENT", "--client")));
  }

  /** Returns the variables that Kubernetes creates for a service, and Docker for a link. */
  private static Map<String, String> ofPlatforms(String service) {
    String prefix = service.toUpperCase().replace('-', '_');
    var variables = new LinkedHashMap<String, String>();
    variables.put(prefix + "_SERVICE_HOST", "10.0.0.7");
    variables.put(prefix + "_SERVICE_PORT", "9000");
    variables.put(prefix + "_SERVICE_PORT_CONTROL", "9000");
    variables.put(prefix + "_PORT", "tcp://10.0.0.7:9000");
    variables.put(prefix + "_PORT_9000_TCP", "tcp://10.0.0.7:9000");
    variables.put(prefix + "_PORT_9000_TCP_PROTO", "tcp");
    variables.put(prefix + "_PORT_9000_TCP_PORT", "9000");
    variables.put(prefix + "_PORT_9000_TCP_ADDR", "10.0.0.7");
    variables.put(prefix + "_NAME", "/web/" + service);
    variables.put(prefix + "_ENV_PATH", "/usr/bin");
    return variables;
  }

  /** In the namespace of a service named {@code culvert}, every container has these variables. */
  @ParameterizedTest
  @FieldSource("ROLES")
  void variablesOfPlatformsAreIgnoredWithoutWarning(String role) {
    var variables = new HashMap<String, String>();
    for (String service :
        List.of(
            "culvert",
            "culvert-control",
            "culvert-outside",
            "culvert-bounce",
            "culvert-bore",
            "culvert-origin",
            "culvert-tls-server")) {
      variables.putAll(ofPlatforms(service));
    }
    var run = run(variables, role);
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.err()).doesNotContain("CULVERT_PORT", "CULVERT_NAME", "variable");
  }

  @Test
  void noVariableIsOneThatPlatformsCreate() {
    for (Setting setting : Setting.values()) {
      assertThat(setting.variable())
          .doesNotMatch("CULVERT_(NAME|PORT|ENV_.*|PORT_[0-9].*|(.*_)?SERVICE_.*)")
          .doesNotMatch(".*_PORT(_[0-9].*)?");
    }
  }

  @ParameterizedTest
  @FieldSource("ROLES")
  void emptyVariablesCountAsNotSet(String role) {
    var empty = new HashMap<String, String>();
    for (CommandSpec command : commands()) {
      command
          .options()
          .forEach(option -> VariableNames.current(option).ifPresent(name -> empty.put(name, "")));
    }
    String[] words = role.split(" ");
    assertThat(values(empty, words)).isEqualTo(values(Map.of(), words));
    assertThat(empty).hasSizeGreaterThan(60);
  }

  private static List<String> values(Map<String, String> variables, String... words) {
    CommandLine root = Cli.commandLine(variables);
    var result = root.parseArgs(words);
    while (result.hasSubcommand()) {
      result = result.subcommand();
    }
    return result.commandSpec().options().stream()
        .map(option -> option.longestName() + "=" + option.getValue())
        .toList();
  }

  @Test
  void emptySecretVariableLeavesTheRoleWithoutASecret() {
    var run = Cli.remote(Map.of("CULVERT_SECRET", "", "CULVERT_SECRET_FILE", ""));
    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("NO SECRET IS SET");
  }

  @ParameterizedTest
  @CsvSource({
    "CULVERT_SECRT, : did you mean CULVERT_SECRET?",
    "CULVERT_TRANSPROT, : did you mean CULVERT_TRANSPORT?",
    "CULVERT_MAX_VISITOR, : did you mean CULVERT_MAX_VISITORS?",
    "CULVERT_PORT_RANG, : did you mean CULVERT_PORT_RANGE?",
    "CULVERT_JVM_OPTION, : did you mean CULVERT_JVM_OPTIONS?",
    "CULVERT_XYZZY, ''"
  })
  void unknownVariableIsReportedWithTheNearestKnownOne(String name, String hint) {
    for (String role : ROLES) {
      var run = run(Map.of(name, "hunter2"), role);
      assertThat(run.exit()).as(run.err()).isZero();
      assertThat(run.err().lines())
          .anyMatch(
              line -> line.contains("WARN") && line.endsWith("unknown variable " + name + hint))
          .noneMatch(line -> line.contains("hunter2"));
    }
  }

  @Test
  void unknownVariableIsReportedInTheFormatOfTheLog() {
    var run = Cli.remote(Map.of("CULVERT_SECRT", "x", "CULVERT_LOG_FORMAT", "json"));
    assertThat(run.err().lines())
        .anyMatch(line -> line.contains("unknown variable CULVERT_SECRT"))
        .allMatch(line -> line.startsWith("{"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"CULVERT_JVM_OPTIONS", "CULVERT_AUTH", "CULVERT_NAME", "CULVERT_TO"})
  void variablesOfOtherCommandsAndOfLaunchersAreKnown(String name) {
    assertThat(Cli.remote(Map.of(name, "x")).err()).doesNotContain(name);
  }

  @Test
  void emptyUnknownVariableIsNotReported() {
    assertThat(Cli.remote(Map.of("CULVERT_SECRT", "")).err()).doesNotContain("variable");
  }

  /**
   * A variable with a new name.
   *
   * @param role a command that reads it
   * @param value a value that is not the default
   */
  record Renamed(String role, String former, String current, String option, String value) {}

  private static final String ORIGIN = ROLES.get(1);

  static final List<Renamed> STILL_READ =
      List.of(
          new Renamed(ORIGIN, "NAME", "ORIGIN_NAME", "--name", "laptop"),
          new Renamed(ORIGIN, "OUTSIDE_PORT", "OUTSIDE_PORT_NUMBER", "--outside-port", "5"),
          new Renamed("bounce-server", "PORT", "BOUNCE_PORT_NUMBER", "--port", "5"),
          new Renamed("bore local 8000 --to=h", "PORT", "BORE_PORT_NUMBER", "--port", "5"),
          new Renamed("bore server", "CONTROL_PORT", "CONTROL_PORT_NUMBER", "--control-port", "5"));

  @ParameterizedTest
  @FieldSource("STILL_READ")
  void formerVariableIsReadUnlessTheCurrentOneIsSet(Renamed renamed) {
    String former = "CULVERT_" + renamed.former;
    String current = "CULVERT_" + renamed.current;
    String expected = renamed.option + "=" + renamed.value;
    String[] words = renamed.role.split(" ");
    assertThat(values(Map.of(former, renamed.value), words)).contains(expected);
    assertThat(values(Map.of(current, renamed.value), words)).contains(expected);
    assertThat(values(Map.of(former, "7", current, renamed.value), words)).contains(expected);
  }

  @Test
  void formerVariableIsReportedWithItsCurrentName() {
    var run = run(Map.of("CULVERT_NAME", "laptop"), ORIGIN);
    assertThat(run.err())
        .contains("CULVERT_NAME is now CULVERT_ORIGIN_NAME; the former name still works");
    run = run(Map.of("CULVERT_DIALECT", "trp"), ORIGIN);
    assertThat(run.err()).contains("CULVERT_DIALECT is now CULVERT_PROTOCOL");
    run = run(Map.of("CULVERT_NAME", "laptop", "CULVERT_ORIGIN_NAME", "desk"), ORIGIN);
    assertThat(run.err()).doesNotContain("is now");
    run = run(Map.of("CULVERT_NAME", "laptop"), ORIGIN, "--name=desk");
    assertThat(run.err()).doesNotContain("is now");
  }

  /** The variable belongs to a setting of the proxies, which has other values. */
  @ParameterizedTest
  @CsvSource({
    "CULVERT_PROTOCOL, trp, --protocol, CULVERT_BOUNCE_PROTOCOL, text",
    "CULVERT_TRANSPORT, noise, --transport, CULVERT_BOUNCE_TRANSPORT, ws"
  })
  void variableOfAnotherSettingIsNotReadAndReported(
      String variable, String value, String option, String current, String valid) {
    String bounce = ROLES.get(2);
    var run = run(Map.of(variable, value), bounce);
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.err())
        .contains(variable + " does not set " + option + " of this command; use " + current);
    assertThat(run(Map.of(variable, value, current, valid), bounce).err())
        .doesNotContain("does not set");
  }

  @Test
  void unknownVariableIsReportedBesideTheBytesOfAGroup() {
    var run = Cli.run(Map.of("CULVERT_SECRT", "x"), "bounce", "connect", "127.0.0.1:1", "1");
    assertThat(run.err())
        .startsWith(
            "bounce connect: unknown variable CULVERT_SECRT: did you mean CULVERT_SECRET?\n");
  }
}
