package culvert.config.toml;

import culvert.config.SettingFile;
import culvert.setting.NearestWord;
import culvert.setting.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A settings file that has been read.
 *
 * @param file the file
 * @param blocks the valid settings of each block
 * @param problems every problem of the file, by line; those of values that are valid alone and
 *     contradict each other are not among them
 */
public record SettingsFile(Path file, Map<Role, Block> blocks, List<Problem> problems) {

  /** Maximum size of a file. */
  public static final int MAX_BYTES = 128 * 1024;

  /** Copies the collections. */
  public SettingsFile {
    blocks = Map.copyOf(blocks);
    problems = List.copyOf(problems);
  }

  /**
   * Reads a file.
   *
   * @param source the {@link Setting} that names the file, or a text if none does
   * @param layouts the keys of each block
   * @param variables the environment variables that secrets may name
   * @throws culvert.setting.SettingException if the file cannot be read or is not text
   */
  public static SettingsFile read(
      Object source, Path file, Map<Role, Layout> layouts, Map<String, String> variables) {
    return parse(file, SettingFile.text(source, file, MAX_BYTES), layouts, variables);
  }

  /** Reads a text; see {@link #read}. */
  public static SettingsFile parse(
      Path file, String text, Map<Role, Layout> layouts, Map<String, String> variables) {
    TomlDocument document = TomlDocument.parse(text);
    var problems = new ArrayList<>(document.problems());
    Map<Role, Block> blocks = new EnumMap<>(Role.class);
    for (Table.Entry entry : document.root().entries()) {
      Optional<Role> role = role(entry.name());
      if (role.isEmpty() && isLost(entry, document.problems())) {
        continue;
      }
      if (role.isEmpty()) {
        problems.add(new Problem(entry.line(), entry.name(), unknown(entry.name())));
      } else if (entry.value() instanceof Table) {
        Layout layout = layouts.get(role.get());
        blocks.put(role.get(), block(role.get(), entry, layout, variables, problems));
      } else {
        String message = "expected a table, found " + Kind.typeOf(entry.value());
        problems.add(new Problem(entry.line(), entry.name(), message));
      }
    }
    if (blocks.isEmpty() && problems.isEmpty()) {
      problems.add(new Problem(1, "", "the file has none of " + names()));
    }
    return new SettingsFile(file, blocks, problems.stream().sorted().toList());
  }

  /** Returns whether a key may be out of its block because the block's header is invalid. */
  private static boolean isLost(Table.Entry entry, List<Problem> syntax) {
    return !(entry.value() instanceof Table)
        && syntax.stream().anyMatch(problem -> problem.line() <= entry.line());
  }

  /** Returns the file with the block and the problems of one role; errors of the syntax stay. */
  public SettingsFile only(Role role) {
    Map<Role, Block> kept = new EnumMap<>(Role.class);
    Optional.ofNullable(blocks.get(role)).ifPresent(block -> kept.put(role, block));
    List<Problem> rest =
        problems.stream()
            .filter(problem ->
                Arrays.stream(Role.values())
                    .noneMatch(other -> other != role && problem.isIn(other)))
            .toList();
    return new SettingsFile(file, kept, rest);
  }

  /** Returns the file with a table of clients in the block of a role, empty if it has none. */
  public SettingsFile withClientTable(Role role) {
    Map<Role, Block> all = new EnumMap<>(blocks);
    all.computeIfPresent(role, (name, block) -> block.withClientTable());
    return new SettingsFile(file, all, problems);
  }

  private static Block block(
      Role role,
      Table.Entry entry,
      Layout layout,
      Map<String, String> variables,
      List<Problem> problems) {
    return RatholeBlock.matches(role, (Table) entry.value())
        ? RatholeBlock.read(role, entry, variables, problems)
        : NativeBlock.read(role, entry, layout, RatholeKeys.of(role), variables, problems);
  }

  /** Returns whether a text as a secret is the secret itself, not the name of one. */
  public static boolean isLiteralSecret(String text) {
    return !BlockReader.VARIABLE.matcher(text).matches() && !text.startsWith(NativeBlock.FILE);
  }

  /** Returns the keys of a block of rathole; none for the bounce server. */
  public static Layout ratholeKeys(Role role) {
    return RatholeKeys.of(role);
  }

  private static Optional<Role> role(String name) {
    return Arrays.stream(Role.values()).filter(role -> role.block().equals(name)).findFirst();
  }

  private static String unknown(String name) {
    List<String> blocks = Arrays.stream(Role.values()).map(Role::block).toList();
    return "unknown block"
        + NearestWord.to(name, blocks).stream()
            .findFirst()
            .map(near -> "; did you mean '" + near + "'?")
            .orElse("; expected one of " + names());
  }

  private static String names() {
    return Arrays.stream(Role.values())
        .map(role -> "[" + role.block() + "]")
        .collect(Collectors.joining(", "));
  }
}
