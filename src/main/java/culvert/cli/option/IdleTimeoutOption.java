package culvert.cli.option;

import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How long a connection may be without bytes while both directions are open. */
final class IdleTimeoutOption {

  @Option(
      names = "--idle-timeout",
      paramLabel = "TIME",
      description =
          "Close a connection after this time without bytes in either direction. Set it where idle"
              + " connections must not keep places; it also ends sessions of SSH or WebSocket that"
              + " are idle on purpose. [default: no limit]")
  @InHelp(HelpGroup.LIMITS)
  private Duration timeout;

  Optional<Duration> timeout() {
    return Optional.ofNullable(timeout);
  }
}
