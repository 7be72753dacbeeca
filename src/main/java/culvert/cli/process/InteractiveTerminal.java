package culvert.cli.process;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether the process runs on an interactive terminal. */
public enum InteractiveTerminal {
  /** Input and output are not both a terminal. */
  NONE,
  /** They are, and the log is written elsewhere. */
  WITHOUT_LOG,
  /** They are, and the log is written to the same terminal. */
  WITH_LOG;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** Returns the state of this process. */
  public static InteractiveTerminal ofProcess() {
    if (!isTerminal(System.console())) {
      return NONE;
    }
    try {
      Path out = Files.readSymbolicLink(DESCRIPTORS.resolve("1"));
      return out.equals(Files.readSymbolicLink(DESCRIPTORS.resolve("2"))) ? WITH_LOG : WITHOUT_LOG;
    } catch (IOException e) {
      // Not Linux: output that appears twice is better than none.
      return WITHOUT_LOG;
    }
  }

  /** Since Java 22 a console may exist without a terminal; its method isTerminal is as new. */
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
