package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.net.Threads;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestLog;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command line, the variable, the file and the output of several remote proxies. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SeveralRemotesCommandTest {

  private static final Map<String, String> SECRET = Map.of("CULVERT_SECRET", RolePair.SECRET);

  @TempDir private Path folder;

  private String file(String remotes) throws Exception {
    return Files.writeString(
            folder.resolve("file.toml"),
            """
            [client]
            remote_addr = %s
            services.web.local_addr = "127.0.0.1:1"
            """
                .formatted(remotes))
        .toString();
  }

  @Test
  void eachLineNamesTheServiceAndTheRemoteProxy() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy one = roles.remote(new RolePair.Options());
        RemoteProxy two = roles.remote(new RolePair.Options())) {
      var run = new Running(one, two);
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(run.lines()).containsExactlyInAnyOrder(line(one), line(two)));
      run.stop.request();
      assertThat(run.exit()).isZero();
    }
  }

  /** The secret is wrong at one remote proxy (77), and the service is unknown at the other (78). */
  @Test
  void processExitsWithTheLowestCodeWhenAllRemoteProxiesHaveFailed() throws Exception {
    var strange = new RolePair.Options().secrets(Secret.generate(), null).remoteSettings();
    var without = new RolePair.Options().remoteSettings(strange.control(), "other=127.0.0.1:0");
    try (var log = new TestLog();
        RemoteProxy refusing = RemoteEndpoints.start(strange, log.log());
        RemoteProxy declining = RemoteEndpoints.start(without, log.log())) {
      var run = new Running(refusing, declining);
      assertThat(run.exit()).isEqualTo(77);
      assertThat(run.lines()).isEmpty();
    }
  }

  /** An origin proxy that runs until it ends or is stopped. */
  private static final class Running {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Stop stop = new Stop();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    Running(RemoteProxy one, RemoteProxy two) {
      var terminal =
          new Terminal(
              InputStream.nullInputStream(),
              new PrintStream(out, true, StandardCharsets.UTF_8),
              new PrintStream(OutputStream.nullOutputStream()),
              SECRET,
              stop,
              action -> {});
      String[] command = {
        "origin-proxy",
        "--remote-proxy-addr=" + one.controlAddress() + "," + two.controlAddress(),
        "--origin-server-addr=127.0.0.1:1"
      };
      Threads.start("command", () -> exit.complete(Main.run(terminal, command)));
    }

    List<String> lines() {
      return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    int exit() throws Exception {
      return exit.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static String line(RemoteProxy remote) {
    return "origin-proxy: serving default="
        + remote.outsideAddresses().get(ServiceAddress.DEFAULT_NAME)
        + " remote_proxy="
        + remote.controlAddress();
  }

  @Test
  void addressesAreRepeatedOrSeparatedByCommas() {
    assertTwice("--remote-proxy-addr=127.0.0.1:1", "--remote-proxy-addr=all:127.0.0.1:1");
    assertTwice("--remote-proxy-addr=127.0.0.1:1,127.0.0.1:1");
    Cli run =
        Cli.run(
            Map.of("CULVERT_REMOTE_PROXY_ADDR", "127.0.0.1:1,127.0.0.1:1"),
            "origin-proxy",
            "--origin-server-addr=127.0.0.1:1");
    assertThat(run.err()).contains("CULVERT_REMOTE_PROXY_ADDR names the address '127.0.0.1:1'");
    assertThat(run.exit()).isEqualTo(78);
  }

  /** As with two variables of a script that are not set. */
  @Test
  void listWithoutAnAddressIsRejected() {
    assertEmpty("--remote-proxy-addr", Map.of(), "--remote-proxy-addr=,", "--origin-server-addr=1");
    assertEmpty(
        "CULVERT_REMOTE_PROXY_ADDR",
        Map.of("CULVERT_REMOTE_PROXY_ADDR", ","),
        "--origin-server-addr=1");
    assertEmpty(
        "--origin-server-addr", Map.of(), "--remote-proxy-addr=h:1", "--origin-server-addr=,");
  }

  private static void assertEmpty(
      String name, Map<String, String> variables, String one, String... others) {
    var arguments = new ArrayList<>(List.of("origin-proxy", one));
    arguments.addAll(List.of(others));
    Cli run = Cli.run(variables, arguments.toArray(String[]::new));
    assertThat(run.err()).contains(name + " has no address").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  private static void assertTwice(String... addresses) {
    String[] all = new String[addresses.length + 2];
    all[0] = "origin-proxy";
    all[1] = "--origin-server-addr=127.0.0.1:1";
    System.arraycopy(addresses, 0, all, 2, addresses.length);
    Cli run = Cli.run(all);
    assertThat(run.err())
        .contains("--remote-proxy-addr names the address '127.0.0.1:1' twice")
        .hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void fileHasAnAddressOrAnArrayOfAddresses() throws Exception {
    assertThat(Cli.run("check", file("\"127.0.0.1:1\"")).exit()).isZero();
    Cli several = Cli.run("check", file("[\"127.0.0.1:1\", \"all:example.com:1\"]"));
    assertThat(several.err()).isEmpty();
    assertThat(several.exit()).isZero();
    Cli twice = Cli.run("check", file("[\"127.0.0.1:1\", \"127.0.0.1:1\"]"));
    assertThat(twice.err()).contains("line 2", "client.remote_addr", "'127.0.0.1:1' twice");
    assertThat(twice.exit()).isEqualTo(78);
  }

  @Test
  void boreHasOneServer() {
    Cli run = Cli.run("bore", "local", "1", "--to=a.example.com,b.example.com");
    assertThat(run.err()).contains("--to", "expected one server only");
    assertThat(run.exit()).isEqualTo(2);
  }

  @Test
  void invalidAddressNamesAllForms() {
    Cli run =
        Cli.run("origin-proxy", "--remote-proxy-addr=all:h:x", "--origin-server-addr=127.0.0.1:1");
    assertThat(run.err()).contains("expected HOST:PORT, all:HOST:PORT or bounce://HOST:PORT/GROUP");
    assertThat(run.exit()).isEqualTo(2);
  }
}
