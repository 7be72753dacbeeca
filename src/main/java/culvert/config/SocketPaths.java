package culvert.config;

import culvert.net.UnixListener;
import culvert.net.UnixPath;
import culvert.setting.ServiceSetting;
import culvert.setting.SettingException;
import java.util.ArrayList;
import java.util.List;

/** Checks the Unix sockets of a role's listeners: no two of them have one file. */
final class SocketPaths {

  private record Use(ServiceSetting setting, UnixPath path) {}

  private final List<Use> uses = new ArrayList<>();

  /**
   * Adds a listener.
   *
   * @throws SettingException if it cannot be bound, or an earlier one has the path
   */
  void add(ServiceSetting setting, UnixPath path) {
    if (!UnixListener.canBind(path)) {
      throw new SettingException(
          "%s is %s, whose folder is too long: a listener needs one of at most %s bytes",
          setting, path, UnixListener.MAX_FOLDER_BYTES);
    }
    for (Use use : uses) {
      if (use.path.isSameAs(path)) {
        throw new SettingException("%s and %s both listen at %s", use.setting, setting, path);
      }
    }
    uses.add(new Use(setting, path));
  }
}
