package culvert.config.toml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree of a TOML text, and its errors. */
class TomlDocumentTest {

  @Test
  void entriesHaveTheOrderAndTheLinesOfTheText() {
    var root = TomlDocument.parse("b = 1\na = \"x\"\n[t]\nz = true\ny = [1, \"2\"]\n").root();
    assertThat(root.entries()).extracting(Table.Entry::name).containsExactly("b", "a", "t");
    assertThat(root.entries()).extracting(Table.Entry::line).containsExactly(1, 2, 3);
    assertThat(root.find("b").orElseThrow().value()).isEqualTo(1L);
    assertThat(root.text("a")).contains("x");
    assertThat(root.table("t").find("y").orElseThrow())
        .isEqualTo(new Table.Entry("y", 5, List.of(1L, "2")));
    assertThat(root.table("t").find("z").orElseThrow().value()).isEqualTo(true);
  }

  @Test
  void everySyntaxErrorHasItsLine() {
    var document = TomlDocument.parse("a = \"x\nb = 1\nc = 2s\nd = 3\nd = 4\n");
    assertThat(document.problems()).extracting(Problem::line).containsExactly(1, 3, 5);
    assertThat(document.problems()).allMatch(Problem::isSyntax);
    assertThat(document.root().find("b").orElseThrow().value()).isEqualTo(1L);
  }

  /** The parser would exhaust the stack. */
  @ParameterizedTest
  @ValueSource(strings = {"[", "{a=", "[\n", "[#\n", "{'a.b' = ["})
  void deepNestingIsRejectedBeforeTheParser(String open) {
    assertThat(TomlDocument.parse("a = " + open.repeat(10_000)).problems())
        .extracting(Problem::message)
        .containsExactly("the brackets of a value are nested more than 16 deep");
  }

  /** A mark that the scan takes for the end of a string, or of a bracket, would hide the rest. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\"\"\\\"\"\"\", ",
        "\"\"\"x\"\"\"\"\", ",
        "'''x''''', ",
        "\"\\\"\", ",
        "'\\', ",
        "{]"
      })
  void noTextHidesNestingFromTheScan(String before) {
    assertThat(TomlDocument.parse("a = [" + before + "[".repeat(10_000)).problems())
        .extracting(Problem::message)
        .containsExactly("the brackets of a value are nested more than 16 deep");
    assertThat(TomlDocument.parse("a = " + "[}".repeat(10_000)).problems())
        .extracting(Problem::message)
        .containsExactly("the brackets of a value are nested more than 16 deep");
  }

  /** The parser would use more than a kilobyte for each part. */
  @ParameterizedTest
  @ValueSource(strings = {"a.", "'x'.", "\"x.y\" . ", "[a."})
  void longDottedKeyIsRejectedBeforeTheParser(String part) {
    String key = part + part.replace("[", "").repeat(10_000);
    assertThat(TomlDocument.parse("\n" + key + "a = 1").problems())
        .containsExactly(Problem.ofSyntax(2, "a key has more than 16 parts"));
  }

  /** The parser's tree would fill the heap. */
  @ParameterizedTest
  @ValueSource(strings = {"1,", "\n", "{},", "1,\n", "'a',", "a = 1,", "[],"})
  void numberOfValuesIsLimitedBeforeTheParser(String value) {
    assertThat(TomlDocument.parse("a = [" + value.repeat(20_001) + "]").problems())
        .extracting(Problem::message)
        .containsExactly("the file has more than 20000 lines, keys, values and brackets");
  }

  @Test
  void bracketsAndDotsInStringsAndCommentsAreNotLimited() {
    String many = "[.{.".repeat(50);
    String text =
        """
        # MANY
        a = "\\"MANY"
        b = 'MANY'
        c = \"""
        MANY
        \"""
        d = QUOTES
        MANYQUOTES
        e = [[1.5, 2.5], ["MANY"]]
        """
            .replace("MANY", many)
            .replace("QUOTES", "'".repeat(3));
    var document = TomlDocument.parse(text);
    assertThat(document.problems()).isEmpty();
    assertThat(document.root().text("a")).contains('"' + many);
    assertThat(document.root().entries()).hasSize(5);
  }
}
