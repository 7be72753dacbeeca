package culvert.config.toml;

import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The settings of one role in a file.
 *
 * @param role the role
 * @param line where the block begins
 * @param isRathole whether the block is for the protocol of rathole
 * @param hasClients whether the block has a table of clients, which may be empty
 * @param values the values of each setting, in the order of the file; empty for rathole
 * @param notes warnings about keys that are valid and have no effect
 */
public record Block(
    Role role,
    int line,
    boolean isRathole,
    boolean hasClients,
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
    return new Block(role, line, isRathole, hasClients, all, notes);
  }

  /** Returns the block with a table of clients, empty if it has none. */
  public Block withClientTable() {
    return new Block(role, line, isRathole, true, values, notes);
  }

  /** Returns the values of a setting; those of all services if the place names none. */
  public List<FileValue> values(ServiceSetting place) {
    return values.getOrDefault(place.setting(), List.of()).stream()
        .filter(value -> place.service().isEmpty() || place.service().equals(value.service()))
        .toList();
  }

  /** Returns the block without the values of these settings. */
  public Block without(Set<ServiceSetting> removed) {
    Map<Setting, List<FileValue>> rest = new EnumMap<>(Setting.class);
    values.forEach((setting, all) -> {
      List<FileValue> kept =
          all.stream().filter(value -> !isAmong(removed, setting, value.service())).toList();
      if (!kept.isEmpty()) {
        rest.put(setting, kept);
      }
    });
    return new Block(role, line, isRathole, hasClients, rest, notes);
  }

  private static boolean isAmong(Set<ServiceSetting> removed, Setting setting, String service) {
    return removed.contains(ServiceSetting.ofAll(setting))
        || removed.contains(new ServiceSetting(setting, service));
  }
}
