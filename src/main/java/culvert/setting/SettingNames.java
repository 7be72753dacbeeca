package culvert.setting;

import java.util.List;
import java.util.Optional;

/** Names of settings in messages, as the user wrote them: an option or an environment variable. */
@FunctionalInterface
public interface SettingNames {

  /** Names every setting by its option. */
  SettingNames FLAGS = setting -> Optional.empty();

  /** Returns the name under which the user set the setting; empty if it is not set. */
  Optional<String> written(Setting setting);

  /** Returns the name as written, or that of the option if the setting is not set. */
  default String of(Setting setting) {
    return written(setting).orElseGet(setting::flag);
  }

  /** Returns the names of those settings that are set, or of all if it is unknown which are. */
  default String of(List<Setting> settings) {
    List<String> written = settings.stream().flatMap(each -> written(each).stream()).toList();
    return written.isEmpty()
        ? enumeration(settings.stream().map(Setting::flag).toList(), " or ")
        : enumeration(written, " and ");
  }

  private static String enumeration(List<String> names, String conjunction) {
    int last = names.size() - 1;
    return last == 0
        ? names.getFirst()
        : String.join(", ", names.subList(0, last)) + conjunction + names.get(last);
  }
}
