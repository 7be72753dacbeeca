package culvert.setting;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds the names that a mistyped word may stand for. */
public final class NearestWord {

  private static final int MAX_EDITS = 4;

  private NearestWord() {}

  /**
   * Returns the names that begin with {@code typed} or differ from it in less than half of its
   * letters, nearest first.
   */
  public static List<String> to(String typed, Collection<String> names) {
    int max = Math.min(MAX_EDITS, (typed.length() - 1) / 2);
    return names.stream()
        .filter(name -> distance(typed, name) <= max)
        .sorted(Comparator.comparingInt(name -> distance(typed, name)))
        .toList();
  }

  private static int distance(String typed, String word) {
    return !typed.isEmpty() && word.startsWith(typed) ? 0 : edits(typed, word);
  }

  /** Returns the insertions, deletions and replacements between two texts (Levenshtein). */
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
