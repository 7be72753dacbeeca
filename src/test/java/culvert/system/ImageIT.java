package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launchers, size and AOT cache of the linked image. */
@Timeout(120)
class ImageIT {

  private static final long MAX_BYTES = 80L << 20;

  @TempDir private Path folder;

  @Test
  void launchersWorkThroughASymlinkFromAnyFolderAndWithSpacesInThePath() throws Exception {
    Path spaced = folder.resolve("a folder with spaces");
    Path image = spaced.resolve("the image");
    Files.createDirectories(spaced);
    assertThat(RoleProcess.run("cp", "-r", RoleProcess.IMAGE.toString(), image.toString()).exit())
        .isZero();
    Path link = Files.createSymbolicLink(folder.resolve("tunnel"), Path.of("./second"));
    Files.createSymbolicLink(folder.resolve("second"), image.resolve("bin/culvert"));
    for (Path launcher : new Path[] {image.resolve("bin/culvert"), link}) {
      RoleProcess.Ended ended = RoleProcess.run(launcher.toString(), "--version");
      assertThat(ended.out()).isEqualTo("culvert 0.1.0\n");
      assertThat(ended.err()).isEmpty();
    }
    String role = image.resolve("bin/origin-proxy").toString();
    for (String word : new String[] {"--help", "-h", "help"}) {
      assertThat(RoleProcess.run(role, word).out()).startsWith("Usage: origin-proxy ");
    }
    assertThat(RoleProcess.run(role, "-V").out()).isEqualTo("culvert 0.1.0\n");
    assertThat(
            RoleProcess.run("sh", "-c", "cd /; PATH='" + image + "/bin':$PATH culvert --version")
                .out())
        .isEqualTo("culvert 0.1.0\n");
  }

  /** The modules of the TOML library have descriptors in the image only. */
  @Test
  void imageReadsASettingsFile() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("server.toml"),
            """
            [server]
            bind_addr = "127.0.0.1:0"
            services.web.bind_addr = "127.0.0.1:0"
            """);
    assertThat(RoleProcess.run("culvert", "check", file.toString()).out())
        .isEqualTo(file + ": valid\n");
    try (RoleProcess remote = RoleProcess.start("culvert", "run", file.toString())) {
      assertThat(remote.line()).startsWith("remote-proxy: control 127.0.0.1:");
    }
  }

  @Test
  void launcherReplacesItselfWithTheJvmSoThatSignalsReachIt() throws Exception {
    try (RoleProcess remote =
        RoleProcess.start(
            "remote-proxy", "--control-addr=127.0.0.1:0", "--outside-addr=127.0.0.1:0")) {
      remote.line();
      assertThat(remote.process().info().command().orElseThrow()).endsWith("/bin/java");
      assertThat(remote.process().children()).isEmpty();
    }
  }

  @Test
  void firstLogLineAndHelpNameTheSameNumberOfVisitors() throws Exception {
    try (RoleProcess remote =
        RoleProcess.start(
            Launcher.USUAL.environment(),
            "remote-proxy",
            "--control-addr=127.0.0.1:0",
            "--outside-addr=127.0.0.1:0")) {
      remote.line();
      remote.err().await("limits set");
      var limit =
          Pattern.compile("max-visitors=(\\d+)")
              .matcher(remote.err().lines("limits set").getFirst());
      assertThat(limit.find()).isTrue();
      String number = String.format(Locale.ROOT, "%,d", Integer.valueOf(limit.group(1)));
      assertThat(RoleProcess.run("remote-proxy", "--help").out())
          .containsPattern(number + "\\s+with\\s+the\\s+image's\\s+own\\s+settings");
    }
  }

  /** A JVM with options other than the recorded ones skips the cache; with AOTMode=on it exits. */
  @ParameterizedTest
  @ValueSource(strings = {"culvert", "remote-proxy", "origin-proxy", "bounce-server"})
  void launcherStartsWithTheAotCache(String launcher) throws Exception {
    if (!Files.exists(RoleProcess.IMAGE.resolve("lib/culvert.aot"))) {
      assertThat(Runtime.version().feature()).as("Java version without AOT cache").isLessThan(24);
      return;
    }
    var ended = RoleProcess.runWith("CULVERT_JVM_OPTIONS", "-XX:AOTMode=on", launcher, "--help");
    assertThat(ended.out()).startsWith("Usage: " + launcher);
    assertThat(ended.err()).isEmpty();
    assertThat(ended.exit()).isZero();
  }

  @Test
  void launcherReadsArgumentsAsUtf8WhateverTheLocale() throws Exception {
    var locale = Map.of("LC_ALL", "", "LC_CTYPE", "UTF-8", "LANG", "xx_XX.ISO-8859-1");
    try (RoleProcess role = RoleProcess.start(locale, "origin-proxy", "--log-level=ä")) {
      assertThat(role.await().err()).contains("'ä'");
    }
  }

  @Test
  void imageIsAtMostEightyMebibytes() throws IOException {
    try (var files = Files.walk(RoleProcess.IMAGE)) {
      long bytes =
          files
              .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
              .mapToLong(file -> file.toFile().length())
              .sum();
      assertThat(bytes).isLessThan(MAX_BYTES);
    }
  }

  @Test
  void demoPrintsThePageWithTheVisitorsAddress() throws Exception {
    RoleProcess.Ended demo = RoleProcess.run("culvert", "demo", "--once");
    assertThat(demo.exit()).as(demo.err()).isZero();
    assertThat(demo.out())
        .contains("This page comes from a server behind a Culvert tunnel.")
        .containsPattern("visitor +127\\.0\\.0\\.1:\\d+ \\(address from the PROXY header\\)");
    assertThat(demo.err()).isEmpty();
  }
}
