package culvert.cli.option;

import java.util.Optional;
import picocli.CommandLine.Option;

/** The Host header of a WebSocket request. */
public final class WebSocketHostOption {

  @Option(
      names = "--ws-host",
      paramLabel = "HOST",
      description = "Host header of the WebSocket request. [default: the host of the address]")
  @InHelp(HelpGroup.TRANSPORT)
  private String host;

  /** Returns the header's value if it is not that of the address. */
  public Optional<String> host() {
    return Optional.ofNullable(host);
  }
}
