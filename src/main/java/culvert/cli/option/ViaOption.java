package culvert.cli.option;

import java.util.Optional;
import picocli.CommandLine.Option;

/** The outbound proxy of a command that dials. */
public final class ViaOption {

  @Option(
      names = "--via",
      paramLabel = "URL",
      description =
          "Outbound proxy: http://[USER:PASSWORD@]HOST:PORT, socks5://… or direct for none. A "
              + "password on the command line is visible in the process list; set CULVERT_VIA "
              + "instead. [default: HTTPS_PROXY or ALL_PROXY, unless NO_PROXY names the host]")
  @InHelp(HelpGroup.TRANSPORT)
  private String url;

  /** Returns the text as given. */
  public Optional<String> url() {
    return Optional.ofNullable(url);
  }
}
