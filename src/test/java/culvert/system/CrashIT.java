package culvert.system;

import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Crash reports of the JVM, and its exit on an out-of-memory error. */
@Timeout(120)
class CrashIT {

  private static final String SECRET = "a secret that must not leak";

  @TempDir private Path folder;

  private Path workingDirectory;

  @BeforeEach
  void makeWorkingDirectory() throws IOException {
    workingDirectory = Files.createDirectory(folder.resolve("work"));
  }

  @Test
  void crashReportIsReadableByItsOwnerOnly() throws Exception {
    Path state = folder.resolve("state");
    RoleProcess.Ended ended = crash("XDG_STATE_HOME=" + state);
    Path report = state.resolve("culvert/hs_err_remote-proxy.log");
    assertThat(files(state.resolve("culvert"))).containsExactly(report);
    assertThat(report).content().contains("SIGSEGV").contains(SECRET);
    assertThat(Files.getPosixFilePermissions(report)).isEqualTo(fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(report.getParent()))
        .isEqualTo(fromString("rwx------"));
    assertThat(ended.out() + ended.err()).contains("SIGSEGV").doesNotContain(SECRET);
  }

  @Test
  void crashReportIsInTheHomeDirectoryByDefault() throws Exception {
    crash("HOME=" + folder);
    assertThat(folder.resolve(".local/state/culvert/hs_err_remote-proxy.log")).isNotEmptyFile();
  }

  @Test
  void crashReportIsDroppedIfItsFolderCannotBeMade() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    crash("XDG_STATE_HOME=" + file);
    assertThat(file).isEmptyFile();
  }

  @Test
  void crashReportIsDroppedWithoutAHomeDirectory() throws Exception {
    crash("OTHER=");
  }

  @Test
  void jvmExitsOnOutOfMemoryError() throws Exception {
    RoleProcess.Ended ended =
        RoleProcess.run(
            RoleProcess.IMAGE.resolve("bin/java").toString(),
            "@" + RoleProcess.IMAGE.resolve("lib/culvert.options"),
            "-cp",
            Path.of("target/test-classes").toString(),
            OutOfMemory.class.getName());
    assertThat(ended.exit()).as(ended.err()).isEqualTo(3);
    assertThat(ended.out() + ended.err()).contains("java.lang.OutOfMemoryError");
  }

  /** Runs a remote proxy with that variable instead of a home directory, and crashes its JVM. */
  private RoleProcess.Ended crash(String variable) throws Exception {
    String start = "cd \"$1\" && shift && exec env -u HOME -u XDG_STATE_HOME \"$@\"";
    try (RoleProcess remote =
        RoleProcess.start(
            "sh",
            "-c",
            start,
            "sh",
            workingDirectory.toString(),
            variable,
            RoleProcess.launcher("remote-proxy").toString(),
            "--secret=" + SECRET,
            "--control-addr=127.0.0.1:0",
            "--outside-addr=127.0.0.1:0")) {
      remote.line();
      remote.signal("SEGV");
      RoleProcess.Ended ended = remote.await();
      assertThat(ended.exit()).isEqualTo(1);
      assertThat(files(workingDirectory)).isEmpty();
      assertThat(Path.of("/tmp", "hs_err_pid" + remote.process().pid() + ".log")).doesNotExist();
      return ended;
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  /** Allocates until the JVM exits. */
  static final class OutOfMemory {

    private OutOfMemory() {}

    public static void main(String[] args) {
      var blocks = new ArrayList<byte[]>();
      try {
        while (true) {
          blocks.add(new byte[1_000_000]);
        }
      } catch (OutOfMemoryError e) {
        System.exit(0);
      }
    }
  }
}
