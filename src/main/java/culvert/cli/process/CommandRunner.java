package culvert.cli.process;

/** Runs command lines in this process. */
@FunctionalInterface
public interface CommandRunner {

  /** Runs one command line to its end and returns the exit code. */
  int run(Terminal terminal, String... arguments);
}
