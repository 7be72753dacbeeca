package culvert.cli.option;

import culvert.setting.Setting;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The setting of an option whose name is not that of the id, because options of other commands have
 * the same name and another meaning.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface SettingId {

  /** Returns the setting. */
  Setting value();
}
