package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Permissions of a file that contains a secret. */
class FilePermissionsTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void createSecretFile() throws IOException {
    file = Files.writeString(folder.resolve("secret"), "hunter2");
  }

  private void setMode(String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "r--------", "rwx------", "---------"})
  void fileOfOwnerOnlyCausesNoWarning(String mode) throws IOException {
    setMode(mode);
    assertThat(FilePermissions.of(Setting.SECRET_FILE, file)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rw-rw-rw-"})
  void fileThatOthersCanReadOrWriteCausesWarning(String mode) throws IOException {
    setMode(mode);
    assertThat(FilePermissions.of(Setting.SECRET_FILE, file))
        .map(SettingMessage::toString)
        .contains("--secret-file " + file + ": other users can access the file; 'chmod 600' it");
  }

  /** Service managers often mount a secret as a symbolic link. */
  @Test
  void symbolicLinkHasPermissionsOfItsTarget() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    setMode("rw-------");
    assertThat(FilePermissions.of(Setting.SECRET_FILE, link)).isEmpty();
    setMode("rw-r--r--");
    assertThat(FilePermissions.of(Setting.SECRET_FILE, link)).isPresent();
  }

  /** The code that reads the file reports the error. */
  @Test
  void missingFileCausesNoWarning() {
    assertThat(FilePermissions.of(Setting.SECRET_FILE, folder.resolve("missing"))).isEmpty();
  }
}
