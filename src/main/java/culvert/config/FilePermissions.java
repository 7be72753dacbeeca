package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Checks that only its owner can access a file that contains a secret. */
public final class FilePermissions {

  private FilePermissions() {}

  /**
   * Returns a warning if users other than the owner may access the file; empty on systems without
   * POSIX permissions.
   *
   * @param source the setting that names the file
   */
  public static Optional<SettingMessage> of(Setting source, Path file) {
    return isOpenToOthers(file)
        ? Optional.of(
            SettingMessage.of(
                "%s %s: other users can access the file; 'chmod 600' it", source, file))
        : Optional.empty();
  }

  /** Returns whether users other than the owner may access the file. */
  public static boolean isOpenToOthers(Path file) {
    Set<PosixFilePermission> forOthers = EnumSet.allOf(PosixFilePermission.class);
    forOthers.removeAll(
        EnumSet.of(
            PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE));
    try {
      var view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
      if (view != null) {
        forOthers.retainAll(view.readAttributes().permissions());
        return !forOthers.isEmpty();
      }
    } catch (IOException e) {
      // The code that reads the file reports the error.
    }
    return false;
  }
}
