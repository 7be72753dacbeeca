package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that holds a secret, and others who may use it. */
class FilePermissionsTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void aSecret() throws IOException {
    file = Files.writeString(folder.resolve("secret"), "hunter2");
  }

  private void mode(String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "r--------", "rwx------", "---------"})
  void whatOnlyItsOwnerMayUseIsFine(String mode) throws IOException {
    mode(mode);
    assertThat(FilePermissions.of("--secret-file", file)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rw-rw-rw-"})
  void whatOthersMayReadOrWriteIsWarnedOf(String mode) throws IOException {
    mode(mode);
    assertThat(FilePermissions.of("--secret-file", file))
        .contains(
            "--secret-file " + file + ": others on this machine may use the file; 'chmod 600' it");
  }

  /** A secret that a service manager mounts is often a link to it. */
  @Test
  void aLinkIsWhatItLeadsTo() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    mode("rw-------");
    assertThat(FilePermissions.of("--secret-file", link)).isEmpty();
    mode("rw-r--r--");
    assertThat(FilePermissions.of("--secret-file", link)).isPresent();
  }

  /** Whoever reads it complains. */
  @Test
  void whatIsNotThereIsNotWarnedOf() {
    assertThat(FilePermissions.of("--secret-file", folder.resolve("missing"))).isEmpty();
  }
}
