package culvert.bounce.console;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One session of the console: reads commands, one per line, with arguments separated by spaces, and
 * answers each before it reads the next.
 */
final class Console {

  /** Maximum length of a command line, in bytes. */
  static final int MAX_LINE_BYTES = 1024;

  /** Called by the session when its phase changes, to apply the timeout of the new phase. */
  interface Progress {
    /** Called before the session waits for a command. */
    void awaitingCommand();

    /** Called before the session answers a command. */
    void answering();
  }

  /** A field in the header of every HTTP request, so it precedes the body. */
  private static final String HTTP_HOST = "host:";

  private final Commands commands;
  private final Optional<String> exitRefusal;
  private final LineReader in;
  private final ConsoleOutput out;
  private final Progress progress;

  /**
   * Creates a session.
   *
   * @param exitRefusal answer to {@code exit} if that command must not end the session
   */
  Console(
      Commands commands,
      Optional<String> exitRefusal,
      LineReader in,
      ConsoleOutput out,
      Progress progress) {
    this.commands = commands;
    this.exitRefusal = exitRefusal;
    this.in = in;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Runs until {@code exit}, the end of the input, or a request from a web page.
   *
   * @throws IOException if reading or writing fails
   */
  void run() throws IOException {
    for (boolean isRunning = true; isRunning; ) {
      out.prompt();
      progress.awaitingCommand();
      Optional<LineReader.Line> line = in.next(MAX_LINE_BYTES);
      progress.answering();
      isRunning = line.isPresent() && answer(line.get());
    }
  }

  /** Answers a line; returns whether the session continues. */
  private boolean answer(LineReader.Line line) throws IOException {
    if (line.isCut()) {
      out.answer("line ignored: longer than " + MAX_LINE_BYTES + " bytes");
      return true;
    }
    String text = new String(line.bytes(), StandardCharsets.UTF_8);
    List<String> words = Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).toList();
    if (words.isEmpty()) {
      out.answer("");
      return true;
    }
    if (words.getFirst().toLowerCase(Locale.ROOT).startsWith(HTTP_HOST)) {
      // Any web page can make a browser on this machine send commands in a request body.
      out.answer("this console does not serve HTTP");
      return false;
    }
    try {
      Command command = Commands.parse(words.getFirst());
      String answer = commands.run(command, words.subList(1, words.size()));
      try {
        out.answer(command == Command.EXIT ? exitRefusal.orElse("") : answer);
      } finally {
        commands.answered(command);
      }
      return command != Command.EXIT || exitRefusal.isPresent();
    } catch (CommandException e) {
      out.answer(e.getMessage());
      return true;
    }
  }
}
