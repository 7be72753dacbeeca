package culvert.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a command may touch of the process around it.
 *
 * @param in what a person or a program says
 * @param out for programs and answers
 * @param err for logs and complaints
 * @param environment the variables
 * @param stop ends a role
 * @param hangUps takes what is to run at each HUP; without it HUP ends the process
 */
record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Stop stop,
    Consumer<Runnable> hangUps) {}
