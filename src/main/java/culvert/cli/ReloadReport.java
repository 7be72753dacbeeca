package culvert.cli;

import static culvert.observe.LogEvent.event;

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
import java.util.stream.Collectors;

/**
 * The log lines of a reload: one with all that has changed, and one with the keys that keep their
 * running values.
 */
final class ReloadReport {

  /** Reported by the names of the services. */
  private static final Set<Setting> SERVICES =
      EnumSet.of(Setting.OUTSIDE_ADDR, Setting.ORIGIN_SERVER_ADDR);

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
   * @param changed the settings that differ from those of the last reload
   * @param unused those that differ from those of the start
   * @param changedFiles files that the settings name whose content differs from before
   * @param isHangUp whether the user has requested the reload with HUP
   */
  void write(
      List<ServiceAddress> before,
      List<ServiceAddress> after,
      Set<Setting> changed,
      Set<Setting> unused,
      List<Path> changedFiles,
      boolean isHangUp) {
    Map<String, ServiceAddress> old = byName(before);
    Map<String, ServiceAddress> now = byName(after);
    Map<String, String> fields = new LinkedHashMap<>();
    add(fields, "services_added", names(after, one -> !old.containsKey(one)));
    add(fields, "services_removed", names(before, one -> !now.containsKey(one)));
    add(
        fields,
        "services_changed",
        names(after, one -> old.containsKey(one) && !old.get(one).equals(now.get(one))));
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

  private static Map<String, ServiceAddress> byName(List<ServiceAddress> services) {
    return services.stream()
        .collect(Collectors.toMap(ServiceAddress::service, Function.identity()));
  }

  private static List<String> names(List<ServiceAddress> services, Predicate<String> which) {
    return services.stream().map(ServiceAddress::service).filter(which).toList();
  }

  private List<String> keys(Set<Setting> settings, ReloadRules.Effect effect) {
    return settings.stream()
        .filter(one -> !SERVICES.contains(one) && ReloadRules.effect(role, one) == effect)
        .map(one -> role.block() + "." + one.key())
        .toList();
  }

  private static void add(Map<String, String> fields, String field, List<String> values) {
    if (!values.isEmpty()) {
      fields.put(field, String.join(",", values));
    }
  }
}
