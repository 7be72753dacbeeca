package culvert.cli.process;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a person sits before this process. */
public enum InteractiveTerminal {
  /** Input and output are not both a terminal. */
  NONE,
  /** They are, and the log goes elsewhere. */
  WITHOUT_LOG,
  /** They are, and the log goes to the same one. */
  WITH_LOG;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** What this process was started with. */
  public static InteractiveTerminal ofProcess() {
    if (!isTerminal(System.console())) {
      return NONE;
    }
    try {
      Path out = Files.readSymbolicLink(DESCRIPTORS.resolve("1"));
      return out.equals(Files.readSymbolicLink(DESCRIPTORS.resolve("2"))) ? WITH_LOG : WITHOUT_LOG;
    } catch (IOException e) {
      // Not Linux: what is said twice there is better than what is not said.
      return WITHOUT_LOG;
    }
  }

  /** Since Java 22 there may be a console without a terminal, and a method that tells. */
  private static boolean isTerminal(Console console) {
    try {
      return console != null && (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
