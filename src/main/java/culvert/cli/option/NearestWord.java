package culvert.cli.option;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds what a mistyped word was probably meant to be. */
public final class NearestWord {

  private static final int MAX_EDITS = 4;

  private NearestWord() {}

  /** Those of the words within a few edits of {@code typed}, nearest first. */
  public static List<String> to(String typed, Collection<String> words) {
    return words.stream()
        .filter(word -> edits(typed, word) <= MAX_EDITS)
        .sorted(Comparator.comparingInt(word -> edits(typed, word)))
        .toList();
  }

  /** Insertions, deletions and replacements that turn one into the other (Levenshtein). */
  static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
