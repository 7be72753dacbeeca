package culvert.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the prose out of source files: comments, string literals and names of tests. */
final class Sources {

  /** Alternatives in the order of precedence, so that a quote within a comment is no string. */
  private static final Pattern PART =
      Pattern.compile(
          """
          (?<prose>/\\*(?s:.*?)\\*/|//[^\\n]*|"{3}(?s:.*?)"{3}|"(?:\\\\.|[^"\\\\\\n])*")\
          |'(?:\\\\.|[^'\\\\\\n])+'\
          |@(?:Test|ParameterizedTest|RepeatedTest)\\b[^;{]*?\\bvoid\\s+(?<test>\\w+)\
          """);

  private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
  private static final Pattern CAMEL_CASE_WORD = Pattern.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])");

  private Sources() {}

  /** One term of prose and its place. */
  record Word(String text, Path file, int line) {

    String lowerCase() {
      return text.toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
      return file + ":" + line + " " + text;
    }
  }

  /** Returns the terms in a Java file's comments, strings and test names. */
  static List<Word> words(Path file) throws IOException {
    String source = Files.readString(file);
    var words = new ArrayList<Word>();
    Matcher part = PART.matcher(source);
    int line = 1;
    int counted = 0;
    while (part.find()) {
      line += newlines(source, counted, part.start());
      counted = part.start();
      if (part.group("prose") != null) {
        add(words, file, line, WORD, part.group("prose"));
      } else if (part.group("test") != null) {
        add(words, file, line, CAMEL_CASE_WORD, part.group("test"));
      }
    }
    return words;
  }

  /** Returns the parts of a Java file's string literals that match. */
  static List<Word> inStrings(Path file, Pattern pattern) {
    String source;
    try {
      source = Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var found = new ArrayList<Word>();
    Matcher part = PART.matcher(source);
    while (part.find()) {
      if (part.group("prose") != null && part.group("prose").startsWith("\"")) {
        add(found, file, 1 + newlines(source, 0, part.start()), pattern, part.group("prose"));
      }
    }
    return found;
  }

  /** Returns the sorted names of the Java files that match once their white space is removed. */
  static List<String> files(String folder, Pattern pattern) throws IOException {
    var found = new ArrayList<String>();
    try (var files = Files.walk(Path.of(folder))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        if (pattern.matcher(Files.readString(file).replaceAll("\\s+", "")).find()) {
          found.add(file.getFileName().toString());
        }
      }
    }
    return found.stream().sorted().toList();
  }

  /** Returns all terms of a text file. */
  static List<Word> proseWords(Path file) throws IOException {
    var words = new ArrayList<Word>();
    add(words, file, 1, WORD, Files.readString(file));
    return words;
  }

  private static void add(List<Word> words, Path file, int line, Pattern pattern, String text) {
    Matcher word = pattern.matcher(text);
    int at = line;
    int counted = 0;
    while (word.find()) {
      at += newlines(text, counted, word.start());
      counted = word.start();
      words.add(new Word(word.group(), file, at));
    }
  }

  private static int newlines(String text, int from, int to) {
    return (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
  }
}
