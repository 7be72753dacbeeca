package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.session.OriginDialect;
import culvert.setting.SettingWarnings;

/** Creates the dialects for the remote proxies of one origin proxy. */
@FunctionalInterface
public interface Dialects {

  /**
   * Returns the dialect of the sessions with one remote proxy. Called at the start, and at a reload
   * for each remote proxy that is added.
   *
   * @param warnings receives a message about each file that becomes unusable later
   * @throws IllegalArgumentException if a file that the dialect needs cannot be used
   */
  OriginDialect at(RemoteAddress remote, OriginSettings settings, SettingWarnings warnings);

  /** Returns the dialects of all remote proxies from one, by {@link OriginDialect#with}. */
  static Dialects sharing(OriginDialect dialect) {
    return (remote, settings, warnings) -> dialect.with(settings);
  }
}
