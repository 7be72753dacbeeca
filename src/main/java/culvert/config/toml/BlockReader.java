package culvert.config.toml;

import culvert.config.ClientSettings;
import culvert.config.ServiceAddress;
import culvert.setting.PasswordGuess;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the values of one block by its layout, and collects the problems. */
final class BlockReader {

  /** The whole value of a secret that is in a variable. */
  static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  private static final int MAX_SHOWN_CHARACTERS = 200;

  private final Layout layout;
  private final Function<String, Optional<String>> unknownKey;
  private final Map<String, String> variables;
  private final List<Problem> problems;
  private final List<FileValue> values = new ArrayList<>();

  /** The settings that have a problem. */
  private final Set<ServiceSetting> reported = new HashSet<>();

  /**
   * Creates a reader.
   *
   * @param unknownKey returns a message about a key that the layout lacks, by its path, if there is
   *     a better one than that it is unknown
   * @param variables the environment variables that secrets may name
   * @param problems receives the problems
   */
  BlockReader(
      Layout layout,
      Function<String, Optional<String>> unknownKey,
      Map<String, String> variables,
      List<Problem> problems) {
    this.layout = layout;
    this.unknownKey = unknownKey;
    this.variables = variables;
    this.problems = problems;
  }

  /** Returns the valid values of a block. */
  List<FileValue> read(String block, Table table) {
    readTable(table, "", block, "");
    return values;
  }

  private void readTable(Table table, String path, String shown, String service) {
    for (Table.Entry entry : table.entries()) {
      boolean isNamed = layout.hasNames(path);
      String below = below(path, isNamed ? Layout.ANY_NAME : entry.name());
      String name = shown + "." + entry.name();
      if (layout.find(below).isPresent()) {
        readValue(layout.find(below).get(), entry, name, service);
      } else if (!layout.isTable(below)) {
        addUnknown(path, below, entry, name, service);
      } else if (entry.value() == Table.UNREADABLE) {
        continue;
      } else if (entry.value() instanceof Table inner) {
        readTable(inner, below, name, isNamed ? entry.name() : service);
        if (isNamed && path.equals("clients")) {
          checkClient(entry, inner, name);
        } else if (isNamed) {
          checkService(entry, inner, name);
        }
      } else {
        addProblem(
            new Problem(
                entry.line(), name, "expected a table, found " + Kind.typeOf(entry.value())));
      }
    }
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private void addUnknown(
      String parent, String path, Table.Entry entry, String name, String service) {
    Optional<String> near = layout.nearest(parent, entry.name());
    String hint = near.map(each -> "; did you mean '" + each + "'?").orElse("");
    Set<ServiceSetting> meant =
        near.flatMap(each -> layout.find(below(parent, each)).or(() -> layout.find(each)))
            .map(key -> places(key, service))
            .orElse(Set.of());
    addProblem(
        new Problem(
            entry.line(), name, unknownKey.apply(path).orElse("unknown key" + hint), meant));
  }

  private void checkService(Table.Entry entry, Table service, String name) {
    Optional<Key> address = layout.addressOfService();
    try {
      ServiceAddress.checkName(entry.name());
    } catch (IllegalArgumentException e) {
      removeValues(entry.name(), Key::isOfService);
      addProblem(address.orElseThrow(), entry.line(), name, entry.name(), e.getMessage());
    }
    address
        .map(key -> key.path().substring("services.*.".length()))
        .filter(key -> service.find(key).isEmpty())
        .filter(key -> !isReported(places(address.get(), entry.name())))
        .ifPresent(key ->
            addProblem(
                address.get(),
                entry.line(),
                name,
                entry.name(),
                "the service needs '" + key + "'"));
  }

  private void removeValues(String name, Predicate<Key> which) {
    values.removeIf(value -> which.test(value.key()) && value.service().equals(name));
  }

  private void checkClient(Table.Entry entry, Table client, String name) {
    boolean hasText = client.find("secret").isPresent();
    if (hasText == client.find("secret_file").isPresent()) {
      addProblem(
          Setting.CLIENT_SECRET,
          entry,
          name,
          hasText
              ? "the client has both 'secret' and 'secret_file'; remove one"
              : "the client needs 'secret' or 'secret_file'");
    }
    if (client.find("services").isEmpty() && client.find("ports").isEmpty()) {
      addProblem(
          Setting.CLIENT_SERVICES,
          entry,
          name,
          "the client needs 'services' or 'ports': it may offer what they list");
    }
    try {
      ClientSettings.checkName(entry.name());
    } catch (IllegalArgumentException e) {
      removeValues(entry.name(), Key::isOfClient);
      addProblem(Setting.CLIENT_SECRET, entry, name, e.getMessage());
    }
  }

  private void addProblem(Setting setting, Table.Entry entry, String name, String message) {
    addProblem(layout.find(setting).orElseThrow(), entry.line(), name, entry.name(), message);
  }

  /** Returns whether one of these settings has a problem already. */
  private boolean isReported(Set<ServiceSetting> places) {
    return places.stream().anyMatch(reported::contains);
  }

  private void addProblem(Problem problem) {
    problems.add(problem);
    reported.addAll(problem.settings());
  }

  private static Set<ServiceSetting> places(Key key, String service) {
    return key.setting().stream()
        .map(setting -> new ServiceSetting(setting, service))
        .collect(Collectors.toSet());
  }

  /** Adds to the syntax errors of a line that this value is lost. */
  private void addUnreadable(Key key, int line, String service) {
    for (ServiceSetting place : places(key, service)) {
      reported.add(place);
      problems.replaceAll(
          problem -> problem.isSyntax() && problem.line() == line ? problem.with(place) : problem);
    }
  }

  private void readValue(Key key, Table.Entry entry, String name, String service) {
    List<?> all =
        key.isList() && entry.value() instanceof List<?> list ? list : List.of(entry.value());
    if (all.contains(Table.UNREADABLE)) {
      addUnreadable(key, entry.line(), service);
      return;
    }
    if (all.isEmpty()) {
      addProblem(
          key, entry.line(), name, service, "the array is empty; remove the key or add a value");
    }
    if (all.size() > Key.MAX_VALUES) {
      addProblem(
          key,
          entry.line(),
          name,
          service,
          "the array has more than " + Key.MAX_VALUES + " values");
      return;
    }
    for (Object value : all) {
      Optional<String> text = key.kind().text(value);
      if (text.isEmpty()) {
        addProblem(
            key,
            entry.line(),
            name,
            service,
            "expected " + key.kind().expected() + ", found " + Kind.typeOf(value));
      } else {
        add(new FileValue(key, name, entry.line(), service, text.get()));
      }
    }
  }

  private void add(FileValue value) {
    Optional<String> problem;
    FileValue resolved = value;
    if (value.key().isSecret()) {
      Matcher variable = VARIABLE.matcher(value.text());
      String text =
          variable.matches() ? variables.getOrDefault(variable.group(1), "") : value.text();
      resolved = variable.matches() ? value.withVariable(text) : value;
      problem =
          variable.matches() && text.isEmpty()
              ? Optional.of("the variable " + variable.group(1) + " is not set")
              : value.key().check().apply(text);
    } else {
      problem = invalid(value);
    }
    if (problem.isPresent()) {
      addProblem(value.key(), value.line(), value.name(), value.service(), problem.get());
    } else {
      values.add(resolved);
    }
  }

  private void addProblem(Key key, int line, String name, String service, String message) {
    addProblem(new Problem(line, name, message, places(key, service)));
  }

  private static Optional<String> invalid(FileValue value) {
    if (value.key().isList() && value.text().contains(",")) {
      return Optional.of("a value with a comma is not supported; write an array of values");
    }
    if (value.key().isAddressOfService() && value.text().contains(",")) {
      return Optional.of("expected one address; another one needs a service of its own");
    }
    return value
        .key()
        .check()
        .apply(value.text())
        .map(expected -> "invalid value" + quoted(value.text()) + ": " + expected);
  }

  private static String quoted(String text) {
    return PasswordGuess.mayHavePassword(text) ? "" : " '" + printable(text) + "'";
  }

  private static String printable(String text) {
    String visible = text.replaceAll("\\p{Cntrl}", "?");
    return visible.length() > MAX_SHOWN_CHARACTERS
        ? visible.substring(0, MAX_SHOWN_CHARACTERS) + "..."
        : visible;
  }
}
