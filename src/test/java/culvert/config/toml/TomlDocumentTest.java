package culvert.config.toml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

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

  @Test
  void deepNestingIsAProblem() {
    assertThat(TomlDocument.parse("a = " + "[".repeat(200_000)).problems())
        .extracting(Problem::message)
        .containsExactly("the brackets of a value are nested too deeply");
  }
}
