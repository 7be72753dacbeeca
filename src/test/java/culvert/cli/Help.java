package culvert.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import picocli.CommandLine;

/** The help texts, for the test that holds the README against them. */
public final class Help {

  private Help() {}

  /** What {@code culvert COMMAND --help} prints; the empty name is {@code culvert --help}. */
  public static String of(String command) {
    var nowhere = new PrintStream(OutputStream.nullOutputStream());
    CommandLine root =
        Main.commandLine(new Terminal(nowhere, nowhere, Map.of(), new Stop(), action -> {}));
    return (command.isEmpty() ? root : root.getSubcommands().get(command)).getUsageMessage();
  }
}
