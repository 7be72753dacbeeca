package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import culvert.cli.Help;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks the README and the site: length, links, types that are named, and commands in examples.
 */
class DocumentationTest {

  private static final Path README = Path.of("README.md");
  private static final Path MAIN = Path.of("src/main/java/culvert");
  private static final Path SITE = Path.of("src/site/markdown");
  private static final int MAX_README_LINES = 250;

  private static final Pattern LINK =
      Pattern.compile("(?:]\\(|src(?:set)?=\")([^)\"#]*)(#[^)\"]*)?");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
  private static final Pattern SHELL_BLOCK = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");
  private static final Pattern COMMAND =
      Pattern.compile(
          "(?m)(?:^|[\\s/('])(culvert|remote-proxy|origin-proxy|bounce-server) ([^#|&>);'\\n]*)");

  private static final Pattern TYPE = Pattern.compile("`((?:[a-z]+\\.)*)([A-Z][A-Za-z0-9]*[a-z])`");
  private static final Pattern DECLARATION =
      Pattern.compile("(?m)^ *(?:[a-z-]+ )*(?:class|interface|record|enum) (\\w+)");

  /** Types of the JDK that pages name. */
  private static final Set<String> JDK_TYPES =
      Set.of("ConcurrentHashMap", "IOException", "ReentrantLock", "SSLEngine", "SocketChannel");

  /** An example of a page: the arguments of {@code culvert}. */
  record Example(Path page, List<String> arguments) {
    @Override
    public String toString() {
      return page.getFileName() + ": " + String.join(" ", arguments);
    }
  }

  static List<Path> pages() throws IOException {
    try (Stream<Path> site = Files.list(SITE)) {
      return Stream.concat(Stream.of(README), site.sorted()).toList();
    }
  }

  static List<Example> examples() throws IOException {
    var examples = new ArrayList<Example>();
    for (Path page : List.of(README, SITE.resolve("guide.md"))) {
      Matcher block = SHELL_BLOCK.matcher(Files.readString(page));
      while (block.find()) {
        Matcher command = COMMAND.matcher(block.group(1).replace("\\\n", " "));
        while (command.find()) {
          examples.add(new Example(page, arguments(command.group(1), command.group(2))));
        }
      }
    }
    return examples;
  }

  private static List<String> arguments(String program, String rest) {
    var arguments = new ArrayList<String>(List.of(rest.strip().split("\\s+")));
    if (!program.equals("culvert")) {
      arguments.addFirst(program);
    }
    return arguments;
  }

  @Test
  void readmeHasAtMost250Lines() throws IOException {
    assertThat(Files.readAllLines(README)).hasSizeLessThanOrEqualTo(MAX_README_LINES);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void exampleIsValidCommandLine(Example example) {
    assertThatCode(() -> Help.parse(example.arguments)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadToFilesAndHeadings(Path page) throws IOException {
    Matcher link = LINK.matcher(Files.readString(page));
    while (link.find()) {
      if (!link.group(1).matches("[a-z]+:.*")) {
        Path target =
            link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1)).normalize();
        assertThat(target).as("link in %s", page).exists();
        if (link.group(2) != null) {
          assertThat(anchors(target)).as("headings of %s", target).contains(link.group(2));
        }
      }
    }
  }

  @Test
  void typesThatPagesNameExist() throws IOException {
    Set<String> known = declaredTypes();
    known.addAll(JDK_TYPES);
    var unknown = new TreeSet<String>();
    for (Path page : pages()) {
      Matcher type = TYPE.matcher(Files.readString(page));
      while (type.find()) {
        String name = type.group(1) + type.group(2);
        if (!known.contains(name)) {
          unknown.add(page.getFileName() + ": " + name);
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  @Test
  void concurrencyPageListsEveryLock() throws IOException {
    String page = Files.readString(SITE.resolve("concurrency.md"));
    try (Stream<Path> files = Files.walk(MAIN)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        if (Files.readString(file).contains("new ReentrantLock(")) {
          String type = file.getFileName().toString().replace(".java", "");
          assertThat(page).as("table of locks").containsPattern("(?m)^\\|[^|]*`" + type + "`");
        }
      }
    }
  }

  /** Returns the simple names of all types, and the qualified ones of those that have a file. */
  private static Set<String> declaredTypes() throws IOException {
    var types = new HashSet<String>();
    for (Path root : List.of(MAIN, Path.of("src/test/java"), Path.of("jlink"))) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          DECLARATION.matcher(Files.readString(file)).results().forEach(m -> types.add(m.group(1)));
          types.add(root.relativize(file).toString().replace(".java", "").replace('/', '.'));
        }
      }
    }
    return types;
  }

  private static List<String> anchors(Path page) throws IOException {
    return HEADING
        .matcher(Files.readString(page))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> "#" + heading.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }
}
