package culvert.cli;

import java.io.PrintStream;
import java.util.Map;

/**
 * What a command may touch of the process around it.
 *
 * @param out for programs and answers
 * @param err for logs and complaints
 * @param environment the variables
 * @param stop ends a role
 */
record Terminal(PrintStream out, PrintStream err, Map<String, String> environment, Stop stop) {}
