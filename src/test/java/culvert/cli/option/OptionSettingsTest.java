package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Cli;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Compares the options of the commands with the ids of settings. */
class OptionSettingsTest {

  static List<CommandSpec> commands() {
    var commands = new ArrayList<CommandSpec>();
    add(commands, Cli.commandLine().getCommandSpec());
    return commands;
  }

  private static void add(List<CommandSpec> commands, CommandSpec command) {
    commands.add(command);
    command.subcommands().values().forEach(each -> add(commands, each.getCommandSpec()));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void eachOptionSetsOneSettingThatHasItsName(CommandSpec command) {
    var settings = new ArrayList<Setting>();
    for (OptionSpec option : command.options()) {
      if (option.usageHelp() || option.versionHelp() || !option.longestName().startsWith("--")) {
        assertThat(OptionSettings.of(option)).isEmpty();
      } else {
        assertThat(OptionSettings.of(option)).as(option.longestName()).isPresent();
        Setting setting = OptionSettings.of(option).get();
        assertThat(FormerNames.current(option)).contains(setting.flag());
        assertThat(OptionSettings.find(command, setting)).isEqualTo(Optional.of(option));
        settings.add(setting);
      }
    }
    assertThat(settings).doesNotHaveDuplicates();
  }

  @Test
  void eachSettingIsSetByAnOptionOrByAFileOnly() {
    var unset = EnumSet.allOf(Setting.class);
    unset.removeIf(Setting::isOfFileOnly);
    for (CommandSpec command : commands()) {
      command.options().forEach(option -> OptionSettings.of(option).ifPresent(unset::remove));
    }
    assertThat(unset).isEmpty();
  }
}
