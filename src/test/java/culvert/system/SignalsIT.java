package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HUP and QUIT, as an operator, a terminal that closes, and ssh send them. */
@Timeout(120)
class SignalsIT {

  /** Runs a command on a pseudo-terminal, which closes when this program is killed. */
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  private static final Launcher LAUNCHER = Launcher.OPEN.acceptingSignal("HUP");

  private static final String IN_BACKGROUND =
      "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0 --log-level=debug";

  /** Logged when HUP no longer announces the loss of the terminal, a few seconds after it. */
  private static final String TERMINAL_LOST = "terminal lost";

  private static final int MAX_ATTEMPTS = 5;

  @TempDir private Path folder;

  /** A role on a pseudo-terminal, with its standard error in a file. */
  private record OnTerminal(RoleProcess script, Path err) implements AutoCloseable {

    void awaitReady(String readyLine) throws Exception {
      if (readyLine.startsWith("log: ")) {
        String part = readyLine.substring("log: ".length());
        Eventually.within(RolePair.LIMIT, () -> assertThat(Files.readString(err)).contains(part));
      } else {
        assertThat(script.line()).contains(readyLine);
      }
    }

    /** Closes the terminal and waits for the end of the role. */
    void closeTerminal() throws Exception {
      ProcessHandle role = script.process().toHandle().children().findFirst().orElseThrow();
      script.kill();
      // A process that has ended but has not been waited for has no command.
      Eventually.within(RolePair.LIMIT, () -> assertThat(role.info().command()).isEmpty());
    }

    @Override
    public void close() {
      script.process().toHandle().children().forEach(ProcessHandle::destroyForcibly);
      script.close();
    }
  }

  private OnTerminal onTerminal(String command) throws IOException {
    Path err = Files.createTempFile(folder, "err", ".log");
    String shell = "exec env --default-signal=HUP " + RoleProcess.IMAGE.toAbsolutePath() + "/bin/";
    String line = shell + command + " 2>" + err;
    return new OnTerminal(RoleProcess.start(SCRIPT.toString(), "-qfc", line, "/dev/null"), err);
  }

  @Test
  void everyRoleStopsWithOneLineWhenItsTerminalCloses() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(SCRIPT));
    HostPort closed = Ports.reserve();
    Map<String, String> commands = new LinkedHashMap<>();
    commands.put("remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0", "control");
    commands.put(
        "origin-proxy --remote-proxy-addr=" + closed + " --origin-server-addr=" + closed,
        "log: session not started");
    commands.put("bounce-server --bind=127.0.0.1 -p 0", "listening");
    commands.put("culvert bore server --bind-addr=127.0.0.1 --control-port=0", "listening");
    commands.put("culvert bore local 9 --to=" + closed, "log: session not started");
    commands.put("culvert bounce connect " + closed + " 1 --listen=127.0.0.1:0", "listening");
    commands.put("culvert bounce connect " + closed + " 1 --to=" + closed, "log: join failed");
    var started = new LinkedHashMap<OnTerminal, String>();
    try {
      for (Map.Entry<String, String> command : commands.entrySet()) {
        started.put(onTerminal(command.getKey()), command.getValue());
      }
      for (Map.Entry<OnTerminal, String> role : started.entrySet()) {
        role.getKey().awaitReady(role.getValue());
        role.getKey().closeTerminal();
        assertThat(Files.readString(role.getKey().err()).lines())
            .as(role.getValue())
            .filteredOn(line -> line.contains("terminal closed"))
            .hasSize(1);
      }
    } finally {
      started.keySet().forEach(OnTerminal::close);
    }
  }

  @Test
  void hangUpReloadsWhileTheTerminalIsOpen() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(SCRIPT));
    String command = "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0";
    try (OnTerminal role = onTerminal(command)) {
      role.awaitReady("control");
      long pid = role.script().process().toHandle().children().findFirst().orElseThrow().pid();
      assertThat(RoleProcess.run("kill", "-HUP", String.valueOf(pid)).exit()).isZero();
      role.awaitReady("log: files reloaded");
      role.closeTerminal();
      assertThat(role.err()).content().contains("terminal closed");
    }
  }

  /**
   * A role in the background of a shell, which gets no signal when the terminal closes.
   *
   * @param script the terminal with the shell
   * @param role the process of the role
   * @param err its standard error
   */
  private record InBackground(RoleProcess script, ProcessHandle role, Path err)
      implements AutoCloseable {

    /** Closes the terminal and waits for the end of the shell. */
    void logOut() throws Exception {
      script.line();
      ProcessHandle shell = script.process().toHandle().children().findFirst().orElseThrow();
      script.kill();
      Eventually.within(RolePair.LIMIT, () -> assertThat(shell.info().command()).isEmpty());
      assertThat(role.isAlive()).as("role after the end of its shell").isTrue();
    }

    void signal(String name) throws Exception {
      String pid = String.valueOf(role.pid());
      assertThat(RoleProcess.run("kill", "-" + name, pid).exit()).isZero();
    }

    void awaitLine(String part) throws Exception {
      Eventually.within(RolePair.LIMIT, () -> assertThat(err).content().contains(part));
    }

    void awaitEnd() throws Exception {
      Eventually.within(RolePair.LIMIT, () -> assertThat(hasEnded()).isTrue());
    }

    private boolean hasEnded() {
      return role.info().command().isEmpty();
    }

    /**
     * Returns false if the role has noticed the loss of its terminal so long ago that it goes on.
     */
    boolean endsUnlessTerminalIsLost() throws Exception {
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(hasEnded() || Files.readString(err).contains(TERMINAL_LOST)).isTrue());
      return !Files.readString(err).contains(TERMINAL_LOST);
    }

    @Override
    public void close() {
      role.destroyForcibly();
      script.close();
    }
  }

  private InBackground inBackground() throws Exception {
    Path own = Files.createTempDirectory(folder, "role");
    Path err = own.resolve("err.log");
    Path pid = own.resolve("pid");
    String shell =
        "set -m; env --default-signal=HUP %s/bin/%s 2>%s & echo $! >%s.new; mv %s.new %s; wait"
            .formatted(RoleProcess.IMAGE.toAbsolutePath(), IN_BACKGROUND, err, pid, pid, pid);
    // If this process ignores HUP, as under nohup, so would the shell.
    RoleProcess script =
        RoleProcess.start(
            "env", "--default-signal=HUP", SCRIPT.toString(), "-qfc", shell, "/dev/null");
    try {
      Eventually.within(RolePair.LIMIT, () -> assertThat(pid).exists());
      long number = Long.parseLong(Files.readString(pid).strip());
      return new InBackground(script, ProcessHandle.of(number).orElseThrow(), err);
    } catch (Exception | AssertionError e) {
      script.process().descendants().forEach(ProcessHandle::destroyForcibly);
      script.close();
      throw e;
    }
  }

  /** The system, or the shell, may also send it a moment after the terminal has closed. */
  @Test
  @Tag("full")
  void hangUpJustAfterALogoutStopsARoleInTheBackgroundWithOneLine() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(SCRIPT));
    for (int attempt = 1; !stopsJustAfterALogout(); attempt++) {
      assertThat(attempt).as("attempts in which HUP was sent too late").isLessThan(MAX_ATTEMPTS);
    }
  }

  /** Returns false if HUP was sent too late, as on a busy machine. */
  private boolean stopsJustAfterALogout() throws Exception {
    try (var role = inBackground()) {
      role.logOut();
      role.signal("HUP");
      boolean inTime = role.endsUnlessTerminalIsLost();
      if (inTime) {
        assertThat(Files.readString(role.err).lines())
            .filteredOn(line -> line.contains("terminal closed"))
            .hasSize(1);
      }
      return inTime;
    }
  }

  /** The role may be reachable only through the tunnel it serves: HUP must not end it. */
  @Test
  @Tag("full")
  void hangUpLongAfterALogoutReloadsARoleInTheBackground() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(SCRIPT));
    try (var role = inBackground()) {
      role.logOut();
      role.awaitLine(TERMINAL_LOST);
      role.signal("HUP");
      role.awaitLine("files reloaded");
      role.signal("TERM");
      role.awaitEnd();
      assertThat(role.err).content().contains("draining").doesNotContain("terminal closed");
    }
  }

  /** The message names the setting as the user has written it. */
  @Test
  void failedReloadNamesTheVariableOfTheFile() throws Exception {
    Path file = secret("remote", "the first secret of this test");
    Launcher launcher = LAUNCHER.variable("CULVERT_SECRET_FILE", file.toString());
    try (RemoteProcess remote = launcher.remote()) {
      secret("remote", " ");
      reload(remote.role(), "files not reloaded");
      assertThat(remote.role().err().lines("files not reloaded"))
          .first()
          .asString()
          .contains("CULVERT_SECRET_FILE", "is empty")
          .doesNotContain("--secret-file");
    }
  }

  @Test
  void ignoredHangUpStaysIgnored() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.under("nohup").remote()) {
      for (int i = 0; i < 3; i++) {
        remote.role().signal("HUP");
      }
      remote.role().terminate();
      RoleProcess.Ended ended = remote.role().await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.err()).contains("draining").doesNotContain("reload");
    }
  }

  @Test
  void hangUpReloadsTheSecretAndKeepsTheSession() throws Exception {
    Path ofRemote = secret("remote", "the first secret of this test");
    Path ofOrigin = secret("origin", "the first secret of this test");
    try (var server = TestServer.echo();
        RemoteProcess remote = LAUNCHER.remote("--secret-file=" + ofRemote);
        RoleProcess origin =
            LAUNCHER.origin(
                remote.control(),
                server.address(),
                "--secret-file=" + ofOrigin,
                "--name=one",
                "--share")) {
      origin.line();
      try (Socket visitor = remote.visit()) {
        secret("remote", "the second secret of this test");
        reload(remote.role(), "files reloaded");
        visitor.getOutputStream().write('x');
        assertThat(visitor.getInputStream().read()).isEqualTo('x');
      }
      assertThat(login(remote, ofOrigin).exit()).isEqualTo(77);
      secret("origin", "the second secret of this test");
      reload(origin, "files reloaded");
      secret("remote", " ");
      reload(remote.role(), "files not reloaded");
      remote.role().err().await("files not reloaded", "is empty");
      assertThat(origin.err().lines("session started")).hasSize(1);
      remote.assertServes();
      try (RoleProcess other =
          LAUNCHER.origin(
              remote.control(),
              server.address(),
              "--secret-file=" + ofOrigin,
              "--name=two",
              "--share")) {
        other.line();
      }
    }
  }

  private static RoleProcess.Ended login(RemoteProcess remote, Path secret) throws Exception {
    try (RoleProcess origin =
        LAUNCHER.origin(
            remote.control(), Launcher.ANY, "--secret-file=" + secret, "--fail-fast", "--name=x")) {
      return origin.await();
    }
  }

  @Test
  void hangUpReloadsTheAuthenticationStringOfBounceServerAndMember() throws Exception {
    Path auth = secret("auth", "first");
    var command = new ArrayList<>(List.of("env", "--default-signal=HUP"));
    command.add(RoleProcess.launcher("bounce-server").toString());
    command.addAll(List.of("--bind=127.0.0.1", "-p", "0", "--auth-file=" + auth));
    try (RoleProcess bounce = RoleProcess.start(command.toArray(String[]::new))) {
      String address = bounce.line().split("listening ")[1];
      secret("auth", "second");
      assertThat(member(address, "second").exit()).isEqualTo(77);
      reload(bounce, "files reloaded");
      assertThat(member(address, "first").exit()).isEqualTo(77);
      secret("auth", "");
      reload(bounce, "files not reloaded");
      try (RoleProcess member =
          RoleProcess.start(
              "culvert", "bounce", "connect", address, "1", "--auth=second", "--to=127.0.0.1:9")) {
        member.err().await("group joined");
      }
    }
  }

  private static RoleProcess.Ended member(String address, String auth) throws Exception {
    return RoleProcess.run(
        "culvert", "bounce", "connect", address, "1", "--auth=" + auth, "--to=127.0.0.1:9");
  }

  /** As ssh ends its ProxyCommand, after every session: without a line on the user's terminal. */
  @Test
  void hangUpEndsStandardStreamsOfBounceConnect() throws Exception {
    try (RoleProcess bounce = RoleProcess.start("bounce-server", "--bind=127.0.0.1", "-p", "0")) {
      String address = bounce.line().split("listening ")[1];
      String culvert = RoleProcess.launcher("culvert").toString();
      try (RoleProcess stream =
          RoleProcess.start(
              "env", "--default-signal=HUP", culvert, "bounce", "connect", address, "1")) {
        bounce.err().await("member");
        stream.signal("HUP");
        RoleProcess.Ended ended = stream.await();
        assertThat(ended.exit()).isZero();
        assertThat(ended.out() + ended.err()).isEmpty();
      }
    }
  }

  @Test
  void quitPrintsThreadsOnStandardErrorAndChangesNothing() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.acceptingSignal("QUIT").remote()) {
      remote.role().signal("QUIT");
      remote.role().err().await("Full thread dump");
      remote.role().terminate();
      RoleProcess.Ended ended = remote.role().await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.out()).isEmpty();
    }
  }

  /** Replaces the file in one step, so that no process reads an incomplete one. */
  private Path secret(String name, String text) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), text + "\n");
    return Files.move(next, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void reload(RoleProcess role, String event) throws Exception {
    int before = role.err().lines(event).size();
    role.signal("HUP");
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(role.err().lines(event)).hasSize(before + 1));
  }
}
