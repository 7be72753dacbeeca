package culvert.cli.option;

import picocli.CommandLine.Option;

/** The path at which the WebSocket is served. */
public final class WebSocketPathOption {

  @Option(
      names = "--ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Path of the WebSocket; both ends need the same.")
  @InHelp(HelpGroup.TRANSPORT)
  private String path;

  /** Returns the path. */
  public String path() {
    return path;
  }
}
