package culvert.cli.option;

import culvert.protocol.bounce.BounceGreeting;
import culvert.setting.Setting;
import picocli.CommandLine.Option;

/** The variant of BounceServer's protocol. */
public final class BounceProtocolOption {

  @Option(
      names = {"--protocol", FormerNames.WIRE},
      paramLabel = "KIND",
      defaultValue = "program",
      description =
          "Variant of the protocol: program, as BounceServer sends it, with a line feed after the "
              + "version and READY once a member has joined; or text, as its README describes it, "
              + "with neither.")
  @SettingId(Setting.BOUNCE_PROTOCOL)
  @InHelp(HelpGroup.TRANSPORT)
  private BounceGreeting greeting;

  /** Returns the variant. */
  public BounceGreeting greeting() {
    return greeting;
  }
}
