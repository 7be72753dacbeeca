package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.cli.Main;
import culvert.net.HostPort;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both proxies as processes of a Java 21 runtime, the oldest supported, without an image. */
@Tag("full")
@Timeout(120)
class Java21IT {

  /** The run-time dependencies, as the build has copied them for the image. */
  private static final String LIBRARIES = "{antlr4-runtime,picocli,tomlj}-*.jar";

  private static final String HOME = System.getProperty("culvert.java21", "");

  @BeforeEach
  void findRuntime() {
    assumeTrue(!HOME.isEmpty(), "no Java 21 runtime: set -Dculvert.java21=FOLDER");
  }

  @Test
  void visitorReachesTheOriginServer() throws Exception {
    try (TestServer echo = TestServer.echo();
        RoleProcess role =
            start("remote-proxy", "--control-addr=127.0.0.1:0", "--outside-addr=127.0.0.1:0")) {
      String[] bound = role.line().split("remote-proxy: control |, outside default=");
      var remote = new RemoteProcess(role, HostPort.parse(bound[1]), HostPort.parse(bound[2]));
      try (RoleProcess origin =
          start(
              "origin-proxy",
              "--remote-proxy-addr=" + remote.control(),
              "--origin-server-addr=" + echo.address())) {
        origin.line();
        remote.assertServes();
        origin.terminate();
        assertThat(origin.await().exit()).isZero();
      }
      role.terminate();
      assertThat(role.await().exit()).isZero();
    }
  }

  @Test
  void versionIsPrintedWithTheImagesOptions() throws Exception {
    var command = command("--version");
    command.add(1, "@" + Path.of("jlink/jvm.options"));
    RoleProcess.Ended ended = RoleProcess.run(command.toArray(String[]::new));
    assertThat(ended.exit()).as(ended.err()).isZero();
    assertThat(ended.out()).startsWith("culvert ");
    assertThat(ended.err()).isEmpty();
  }

  private static RoleProcess start(String... arguments) throws Exception {
    return RoleProcess.start(
        Map.of("CULVERT_SECRET", RolePair.SECRET), command(arguments).toArray(String[]::new));
  }

  private static List<String> command(String... arguments) throws Exception {
    var modules = new StringJoiner(File.pathSeparator).add(location(Main.class));
    try (var libraries = Files.newDirectoryStream(Path.of("target"), LIBRARIES)) {
      libraries.forEach(jar -> modules.add(jar.toString()));
    }
    var command = new ArrayList<String>();
    command.add(Path.of(HOME, "bin", "java").toString());
    command.addAll(List.of("-p", modules.toString(), "-m", "culvert/" + Main.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static String location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
