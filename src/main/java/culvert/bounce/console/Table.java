package culvert.bounce.console;

import java.util.ArrayList;
import java.util.List;

/** Text table whose columns are as wide as their widest cell and two spaces apart. */
final class Table {

  private final List<String> heads;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * Creates a table with only the header row.
   *
   * @param heads header of each column, after {@code <} for left-aligned cells or {@code >} for
   *     right-aligned ones; if all headers are empty, the header row is omitted
   */
  Table(String... heads) {
    this.heads = List.of(heads);
    List<String> first = this.heads.stream().map(head -> head.substring(1)).toList();
    if (!first.stream().allMatch(String::isEmpty)) {
      rows.add(first);
    }
  }

  /** Adds a row with one cell for each column. */
  void row(Object... cells) {
    var row = new ArrayList<String>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
  }

  /** Returns all rows, each followed by a line feed, without trailing spaces. */
  @Override
  public String toString() {
    int[] widths = new int[heads.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    var text = new StringBuilder();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String pad = " ".repeat(widths[i] - row.get(i).length());
        boolean isLeft = heads.get(i).startsWith("<");
        line.append(isLeft ? row.get(i) + pad : pad + row.get(i)).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
