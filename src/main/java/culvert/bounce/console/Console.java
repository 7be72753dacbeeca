package culvert.bounce.console;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One session of the console: reads commands, one a line of words split at spaces, and answers each
 * before the next.
 */
final class Console {

  /** Longest line of a command, in bytes. */
  static final int MAX_LINE_BYTES = 1024;

  /** Hears how far the session is, to bound what it waits for. */
  interface Progress {
    /** From now on it waits for a command. */
    void awaitingCommand();

    /** From now on it answers one. */
    void answering();
  }

  /** A line of every head of a request, and before its body. */
  private static final String HTTP = "host:";

  private final Commands commands;
  private final Optional<String> insteadOfExit;
  private final LineReader in;
  private final ConsoleOutput out;
  private final Progress progress;

  /**
   * A session that has not begun.
   *
   * @param insteadOfExit what {@code exit} says, if it is not to end the session
   */
  Console(
      Commands commands,
      Optional<String> insteadOfExit,
      LineReader in,
      ConsoleOutput out,
      Progress progress) {
    this.commands = commands;
    this.insteadOfExit = insteadOfExit;
    this.in = in;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Runs until {@code exit}, the end of the input, or what comes from a web page.
   *
   * @throws IOException if either stream broke
   */
  void run() throws IOException {
    for (boolean goesOn = true; goesOn; ) {
      out.prompt();
      progress.awaitingCommand();
      Optional<LineReader.Line> line = in.next(MAX_LINE_BYTES);
      progress.answering();
      goesOn = line.isPresent() && answer(line.get());
    }
  }

  /** Returns whether the session goes on. */
  private boolean answer(LineReader.Line line) throws IOException {
    if (line.isCut()) {
      out.answer("that line is longer than " + MAX_LINE_BYTES + " bytes, so nothing was done");
      return true;
    }
    String text = new String(line.bytes(), StandardCharsets.UTF_8);
    List<String> words = Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).toList();
    if (words.isEmpty()) {
      out.answer("");
      return true;
    }
    if (words.getFirst().toLowerCase(Locale.ROOT).startsWith(HTTP)) {
      // Any web page can have a browser on this machine send commands in the body.
      out.answer("this console does not speak HTTP");
      return false;
    }
    try {
      Command command = Commands.parse(words.getFirst());
      String said = commands.run(command, words.subList(1, words.size()));
      try {
        out.answer(command == Command.EXIT ? insteadOfExit.orElse("") : said);
      } finally {
        commands.answered(command);
      }
      return command != Command.EXIT || insteadOfExit.isPresent();
    } catch (CommandException e) {
      out.answer(e.getMessage());
      return true;
    }
  }
}
