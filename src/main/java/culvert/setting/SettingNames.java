package culvert.setting;

import java.util.List;
import java.util.Optional;

/**
 * Names of settings in messages, as the user wrote them: an option, an environment variable or a
 * key of a settings file.
 */
@FunctionalInterface
public interface SettingNames {

  /** Names every setting by its option. */
  SettingNames FLAGS = setting -> Optional.empty();

  /** Returns the name under which the user set the setting; empty if it is not set. */
  Optional<String> written(Setting setting);

  /** Returns the name under which the user would set a setting that is not set. */
  default String unset(Setting setting) {
    return setting.flag();
  }

  /** Returns the name as written, or {@link #unset} if the setting is not set. */
  default String of(Setting setting) {
    return written(setting).orElseGet(() -> unset(setting));
  }

  /** Returns the name of a setting of one service, or of the setting as a whole. */
  default String of(ServiceSetting ofService) {
    String name = of(ofService.setting());
    return ofService.service().isEmpty() ? name : name + " " + ofService.service();
  }

  /** Returns the names of those settings that are set, or of all if it is unknown which are. */
  default String of(List<Setting> settings) {
    List<String> written = settings.stream().flatMap(each -> written(each).stream()).toList();
    return written.isEmpty()
        ? enumeration(settings.stream().map(this::unset).toList(), " or ")
        : enumeration(written, " and ");
  }

  private static String enumeration(List<String> names, String conjunction) {
    int last = names.size() - 1;
    return last == 0
        ? names.getFirst()
        : String.join(", ", names.subList(0, last)) + conjunction + names.get(last);
  }
}
