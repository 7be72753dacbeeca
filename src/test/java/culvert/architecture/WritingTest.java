package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks the countable part of the writing rules in {@code contributing.md}: comments, strings and
 * test names use concrete subjects and the field's verbs.
 */
class WritingTest {

  /** Lists that are limited to {@value #MAX_PER_THOUSAND} occurrence in 1,000, one list a line. */
  private static final Path LIMITED_WORDS =
      Path.of("src/test/resources/culvert/architecture/limited-terms.txt");

  private static final int MAX_PER_THOUSAND = 1;
  private static final List<String> FOLDERS = List.of("src", "jlink");

  private static final Pattern JAVADOC_WITHOUT_SUBJECT =
      Pattern.compile("/\\*\\*[\\s*]*(?:The same|What)\\b");
  private static final Pattern OLD_CONSTANT = Pattern.compile("\\b(?:MOST|LEAST)_[A-Z]");

  /** A page's prose counts as one package. */
  private static final List<String> PROSE = List.of(".md", ".xml", ".yml", ".options");

  @Test
  void packagesUseConcreteSubjectsAndVerbs() throws IOException {
    List<Set<String>> limited = limitedWords();
    Map<String, List<Sources.Word>> packages = new TreeMap<>();
    for (Path file : files(".java")) {
      packages
          .computeIfAbsent(file.getParent().toString(), key -> new ArrayList<>())
          .addAll(Sources.words(file));
    }
    assertThat(packages).isNotEmpty();
    var excess = new ArrayList<String>();
    packages.forEach((name, words) -> limited.forEach(set -> excess.addAll(excess(words, set))));
    assertThat(excess).as("vague subjects and verbs").isEmpty();
  }

  @Test
  void pagesUseConcreteSubjectsAndVerbs() throws IOException {
    List<Set<String>> limited = limitedWords();
    var excess = new ArrayList<String>();
    var pages = new ArrayList<>(List.of(Path.of("README.md")));
    PROSE.forEach(ending -> pages.addAll(files(ending)));
    for (Path page : pages) {
      List<Sources.Word> words = Sources.proseWords(page);
      limited.forEach(set -> excess.addAll(excess(words, set)));
    }
    assertThat(excess).as("vague subjects and verbs").isEmpty();
  }

  @Test
  void javadocNamesItsSubject() throws IOException {
    assertThat(files(".java"))
        .filteredOn(file -> JAVADOC_WITHOUT_SUBJECT.matcher(read(file)).find())
        .as("Javadoc that starts with a reference to another member, or with What")
        .isEmpty();
  }

  @Test
  void constantsOfLimitsStartWithMaxOrMin() {
    assertThat(files(".java"))
        .filteredOn(file -> !file.endsWith("WritingTest.java"))
        .filteredOn(file -> OLD_CONSTANT.matcher(read(file)).find())
        .isEmpty();
  }

  private static List<String> excess(List<Sources.Word> words, Set<String> limited) {
    List<String> found =
        words.stream()
            .filter(word -> limited.contains(word.lowerCase()))
            .map(Sources.Word::toString)
            .toList();
    return found.size() * 1000 > words.size() * MAX_PER_THOUSAND ? found : List.of();
  }

  private static List<Set<String>> limitedWords() throws IOException {
    return Files.readAllLines(LIMITED_WORDS).stream()
        .filter(line -> !line.isBlank())
        .map(line -> Arrays.stream(line.split(" ")).collect(Collectors.toUnmodifiableSet()))
        .toList();
  }

  private static List<Path> files(String ending) {
    return FOLDERS.stream()
        .flatMap(WritingTest::walk)
        .filter(file -> isNamed(file, ending))
        .toList();
  }

  private static boolean isNamed(Path file, String ending) {
    return file.toString().endsWith(ending);
  }

  private static Stream<Path> walk(String folder) {
    try (var files = Files.walk(Path.of(folder))) {
      return files.sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
