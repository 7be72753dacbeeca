package culvert.config.toml;

import culvert.setting.NearestWord;
import culvert.setting.Setting;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The keys of a block.
 *
 * @param keys by path
 */
public record Layout(Map<String, Key> keys) {

  /** The part of a path that stands for the name of a service or client. */
  static final String ANY_NAME = "*";

  /** Copies the map. */
  public Layout {
    keys = new TreeMap<>(keys);
  }

  /** Returns the keys by their paths. */
  static Layout of(List<Key> keys) {
    var all = new TreeMap<String, Key>();
    keys.forEach(key -> all.put(key.path(), key));
    return new Layout(all);
  }

  /**
   * Returns the layout of a block: the keys of settings, and the keys of rathole's layout that are
   * read in another way.
   *
   * @param settings the keys of the role's settings, which accept the texts of its options
   */
  public static Layout of(Role role, List<Key> settings) {
    return NativeKeys.of(role, settings);
  }

  /** Returns the key with this path, if there is one. */
  Optional<Key> find(String path) {
    return Optional.ofNullable(keys.get(path));
  }

  /** Returns the key of a setting, if the block has one. */
  public Optional<Key> find(Setting setting) {
    return keys.values().stream()
        .filter(key -> key.setting().equals(Optional.of(setting)))
        .findFirst();
  }

  /** Returns whether the path is that of a table. */
  boolean isTable(String path) {
    return keys.keySet().stream().anyMatch(each -> each.startsWith(path + "."));
  }

  /** Returns whether the keys of this table are names of services or clients. */
  boolean hasNames(String path) {
    return !path.isEmpty() && isTable(path + "." + ANY_NAME);
  }

  /** Returns the key that the service needs, such as {@code services.*.bind_addr}. */
  Optional<Key> addressOfService() {
    return keys.values().stream().filter(Key::isAddressOfService).findFirst();
  }

  /**
   * Returns the known key that an unknown one may stand for: the nearest name in its table, or else
   * the path of the nearest name in another.
   */
  Optional<String> nearest(String parent, String name) {
    String prefix = parent.isEmpty() ? "" : parent + ".";
    List<String> siblings =
        keys.keySet().stream()
            .filter(path -> path.startsWith(prefix))
            .map(path -> path.substring(prefix.length()).split("\\.")[0])
            .filter(each -> !each.equals(ANY_NAME))
            .distinct()
            .toList();
    return NearestWord.to(name, siblings).stream().findFirst().or(() -> inOtherTable(prefix, name));
  }

  private Optional<String> inOtherTable(String prefix, String name) {
    List<String> names = keys.keySet().stream().map(Layout::lastPart).distinct().toList();
    return NearestWord.to(name, names).stream()
        .findFirst()
        .flatMap(near ->
            keys.keySet().stream()
                .filter(path -> lastPart(path).equals(near))
                .min(Comparator.comparing(path -> !path.startsWith(prefix))));
  }

  private static String lastPart(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
