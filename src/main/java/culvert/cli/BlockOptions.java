package culvert.cli;

import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.SettingId;
import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that choose one block of a settings file. */
final class BlockOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--server",
      fallbackValue = "true",
      description = "Use the block [server], of the remote proxy.")
  @SettingId(Setting.RUN_SERVER)
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean isServer;

  @Option(
      names = "--client",
      fallbackValue = "true",
      description = "Use the block [client], of the origin proxy.")
  @SettingId(Setting.RUN_CLIENT)
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean isClient;

  /**
   * Returns the role of the block that is chosen, if one is.
   *
   * @throws ParameterException if both are
   */
  Optional<Role> role() {
    if (isServer && isClient) {
      throw new ParameterException(
          spec.commandLine(), "--server and --client are both given; keep one");
    }
    if (isServer || isClient) {
      return Optional.of(isServer ? Role.SERVER : Role.CLIENT);
    }
    return Optional.empty();
  }
}
