package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.config.ClientSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.toml.Role;
import culvert.observe.Log;
import culvert.setting.Setting;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The log lines of a reload: one with all that has changed, and one with the keys that keep their
 * running values.
 */
final class ReloadReport {

  /** Reported by the names of the services, and the addresses of the remote proxies. */
  private static final Set<Setting> LISTS =
      EnumSet.of(Setting.OUTSIDE_ADDR, Setting.ORIGIN_SERVER_ADDR, Setting.REMOTE_PROXY_ADDR);

  private final Role role;
  private final Log log;

  /** Creates a report about a role of which the file has a block. */
  ReloadReport(Role role, Log log) {
    this.role = role;
    this.log = log;
  }

  /**
   * Writes the lines.
   *
   * @param before the command of the last reload
   * @param after the command of this one
   * @param changed the settings that differ from those of the last reload
   * @param unused those that differ from those of the start
   * @param changedFiles files that the settings name whose content differs from before
   * @param isHangUp whether the user has requested the reload with HUP
   */
  void write(
      RoleCommand before,
      RoleCommand after,
      Set<Setting> changed,
      Set<Setting> unused,
      List<Path> changedFiles,
      boolean isHangUp) {
    Map<String, String> fields = new LinkedHashMap<>();
    addDifferences(
        fields,
        "services",
        byName(before.services(), ServiceAddress::service),
        byName(after.services(), ServiceAddress::service));
    addDifferences(
        fields,
        "clients",
        byName(before.clients(), ClientSettings::name),
        byName(after.clients(), ClientSettings::name));
    add(fields, "remote_proxies_added", without(after.remotes(), before.remotes()));
    add(fields, "remote_proxies_removed", without(before.remotes(), after.remotes()));
    add(fields, "changed", keys(changed, ReloadRules.Effect.NOW));
    add(fields, "from_next_session", keys(changed, ReloadRules.Effect.NEXT_SESSION));
    add(fields, "files_changed", changedFiles.stream().map(Path::toString).toList());
    if (fields.isEmpty()) {
      fields.put("changed", "nothing");
    }
    if (isHangUp) {
      fields.put("files", "read again");
    }
    log.info(event("settings reloaded").withAll(fields));
    List<String> kept = keys(unused, ReloadRules.Effect.NEXT_START);
    if (!kept.isEmpty()) {
      log.warn(
          event("settings kept")
              .with("keys", String.join(",", kept))
              .with("cause", "they cannot change while the role runs; restart it to use them"));
    }
  }

  private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
    var byName = new LinkedHashMap<String, T>();
    all.forEach(one -> byName.put(name.apply(one), one));
    return byName;
  }

  private static <T> void addDifferences(
      Map<String, String> fields, String what, Map<String, T> old, Map<String, T> now) {
    add(fields, what + "_added", names(now, one -> !old.containsKey(one)));
    add(fields, what + "_removed", names(old, one -> !now.containsKey(one)));
    add(
        fields,
        what + "_changed",
        names(now, one -> old.containsKey(one) && !old.get(one).equals(now.get(one))));
  }

  private static List<String> names(Map<String, ?> all, Predicate<String> which) {
    return all.keySet().stream().filter(which).toList();
  }

  private static List<String> without(List<RemoteAddress> all, List<RemoteAddress> others) {
    return all.stream()
        .filter(one -> others.stream().noneMatch(one::isSameAs))
        .map(RemoteAddress::toString)
        .toList();
  }

  private List<String> keys(Set<Setting> settings, ReloadRules.Effect effect) {
    return settings.stream()
        .filter(one -> !LISTS.contains(one) && ReloadRules.effect(role, one) == effect)
        .map(one -> role.block() + "." + one.key().replace("*", "NAME"))
        .toList();
  }

  private static void add(Map<String, String> fields, String field, List<String> values) {
    if (!values.isEmpty()) {
      fields.put(field, String.join(",", values));
    }
  }
}
