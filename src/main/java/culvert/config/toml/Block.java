package culvert.config.toml;

import culvert.setting.Setting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The settings of one role in a file.
 *
 * @param role the role
 * @param line where the block begins
 * @param isRathole whether the block is for the protocol of rathole
 * @param values the values of each setting, in the order of the file; empty for rathole
 * @param notes warnings about keys that are valid and have no effect
 */
public record Block(
    Role role,
    int line,
    boolean isRathole,
    Map<Setting, List<FileValue>> values,
    List<String> notes) {

  /** Copies the collections. */
  public Block {
    values = Map.copyOf(values);
    notes = List.copyOf(notes);
  }

  /** Returns the block with a value for a setting that has none. */
  public Block with(Setting setting, FileValue value) {
    Map<Setting, List<FileValue>> all = new EnumMap<>(Setting.class);
    all.putAll(values);
    all.put(setting, List.of(value));
    return new Block(role, line, isRathole, all, notes);
  }

  /** Returns the block without the values of these services. */
  public Block withoutServices(Set<String> services) {
    return new Block(
        role,
        line,
        isRathole,
        values.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    entry ->
                        entry.getValue().stream()
                            .filter(value -> !services.contains(value.service()))
                            .toList())),
        notes);
  }

  /** Returns the block without these settings. */
  public Block without(Set<Setting> settings) {
    return new Block(
        role,
        line,
        isRathole,
        values.entrySet().stream()
            .filter(entry -> !settings.contains(entry.getKey()))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
        notes);
  }
}
