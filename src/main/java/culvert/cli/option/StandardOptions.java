package culvert.cli.option;

import picocli.CommandLine.Option;

/** Options of every command. */
public final class StandardOptions {

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help; --help shows all options.")
  @InHelp(isBrief = true)
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;
}
