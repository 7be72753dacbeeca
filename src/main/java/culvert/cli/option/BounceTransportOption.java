package culvert.cli.option;

import culvert.config.TransportKind;
import culvert.setting.Setting;
import picocli.CommandLine.Option;

/** The transport between a bounce server and its members. */
public final class BounceTransportOption {

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      defaultValue = "plain",
      description =
          "Transport of members' connections: plain, tls, ws or wss. ws is a WebSocket, wss a"
              + " WebSocket over TLS.")
  @SettingId(Setting.BOUNCE_TRANSPORT)
  @InHelp(value = HelpGroup.TRANSPORT, isBrief = true)
  private TransportKind kind;

  /** Returns the transport. */
  public TransportKind kind() {
    return kind;
  }
}
