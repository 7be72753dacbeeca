import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** Collects the figures of all rounds; prints medians and Culvert's ratio to the best peer. */
final class Report {

  private static final int TEXT_WIDTH = 38;
  private static final int WIDTH = 15;

  private final Map<String, Column> columns = new LinkedHashMap<>();

  Column column(String tunnel) {
    return columns.computeIfAbsent(tunnel, name -> new Column());
  }

  void print() {
    var line = new StringBuilder(pad("figure", -TEXT_WIDTH)).append("better");
    columns.keySet().forEach(name -> line.append(pad(name, WIDTH)));
    System.out.println(line.append(pad("ratio", WIDTH)));
    for (Figure figure : Figure.values()) {
      if (columns.values().stream().anyMatch(column -> column.median(figure).isPresent())) {
        System.out.println(row(figure));
      }
    }
    System.out.println("ratio: the first Culvert's figure divided by that of the best peer");
  }

  private String row(Figure figure) {
    String better = figure.better().name().toLowerCase(Locale.ROOT);
    var line = new StringBuilder(pad(figure.text(), -TEXT_WIDTH)).append(pad(better, -6));
    columns.values().forEach(column -> line.append(pad(text(column.median(figure)), WIDTH)));
    return line.append(pad(ratio(figure), WIDTH)).toString();
  }

  private String ratio(Figure figure) {
    var peers =
        columns.entrySet().stream()
            .filter(column -> isPeer(column.getKey()))
            .map(column -> column.getValue().median(figure))
            .flatMapToDouble(OptionalDouble::stream);
    OptionalDouble best = figure.better() == Figure.Better.MORE ? peers.max() : peers.min();
    OptionalDouble culvert =
        columns.entrySet().stream()
            .filter(column -> isOurs(column.getKey()))
            .map(column -> column.getValue().median(figure))
            .flatMapToDouble(OptionalDouble::stream)
            .findFirst();
    if (best.isEmpty() || culvert.isEmpty()) {
      return "-";
    }
    return "%.2f".formatted(culvert.getAsDouble() / best.getAsDouble());
  }

  private static boolean isPeer(String name) {
    return !isOurs(name) && !name.equals(Tunnel.Direct.NAME);
  }

  private static boolean isOurs(String name) {
    return name.startsWith(Tunnel.Culvert.NAME);
  }

  private static String text(OptionalDouble value) {
    if (value.isEmpty()) {
      return "-";
    }
    double number = value.getAsDouble();
    return (number >= 100 ? "%.0f" : "%.2f").formatted(number);
  }

  private static String pad(String text, int width) {
    return ("%" + width + "s").formatted(text);
  }

  /** The figures of one tunnel. */
  static final class Column {

    private final Map<Figure, List<Double>> values = new EnumMap<>(Figure.class);

    void add(Figure figure, double value) {
      values.computeIfAbsent(figure, key -> new ArrayList<>()).add(value);
    }

    private OptionalDouble median(Figure figure) {
      List<Double> sorted = values.getOrDefault(figure, List.of()).stream().sorted().toList();
      if (sorted.isEmpty()) {
        return OptionalDouble.empty();
      }
      double low = sorted.get((sorted.size() - 1) / 2);
      return OptionalDouble.of((low + sorted.get(sorted.size() / 2)) / 2);
    }
  }
}
