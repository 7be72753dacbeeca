package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.PairingBounceServer;
import culvert.testing.Ports;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenSSH's ssh and sshd, joined through a channel group. */
@Timeout(120)
class BounceSshIT {

  private static final String SSHD = "/usr/sbin/sshd";
  private static final String AUTHENTICATION = "the string that members send";
  private static final String GROUP = "ac";
  private static final int BULK_BYTES = 16 << 20;

  @TempDir private static Path folder;

  private static Path authentication;
  private static PairingBounceServer bounce;
  private static RoleProcess sshd;
  private static RoleProcess beside;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Files.isExecutable(Path.of(SSHD)), SSHD + " is not installed");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/ssh")), "ssh is not installed");
    authentication = Files.writeString(folder.resolve("authentication"), AUTHENTICATION);
    for (String key : List.of("host", "user")) {
      run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.resolve(key).toString());
    }
    HostPort address = Ports.reserve();
    Path settings = Files.writeString(folder.resolve("settings"), settings(address));
    RoleProcess.Ended check = RoleProcess.run(SSHD, "-t", "-f", settings.toString());
    assumeTrue(check.exit() == 0, () -> SSHD + " does not start here: " + check.err());
    sshd = RoleProcess.start(SSHD, "-D", "-e", "-f", settings.toString());
    Eventually.within(RolePair.LIMIT, () -> new Socket(address.host(), address.port()).close());
    bounce = new PairingBounceServer(AUTHENTICATION);
    beside =
        RoleProcess.start(concat("culvert", connect(), "--to=" + address).toArray(String[]::new));
  }

  @AfterAll
  static void stop() {
    Stream.of(beside, sshd).filter(role -> role != null).forEach(RoleProcess::close);
    if (bounce != null) {
      bounce.close();
    }
  }

  private static String settings(HostPort address) {
    return """
    ListenAddress %s:%d
    HostKey %s
    AuthorizedKeysFile %s
    PidFile none
    StrictModes no
    UsePAM no
    PermitRootLogin yes
    PasswordAuthentication no
    """
        .formatted(
            address.host(), address.port(), folder.resolve("host"), folder.resolve("user.pub"));
  }

  private static void run(String... commandLine) throws Exception {
    RoleProcess.Ended ended = RoleProcess.run(commandLine);
    assertThat(ended.exit()).as(ended.err()).isZero();
  }

  private static List<String> connect() {
    return List.of(
        "bounce", "connect", bounce.address().toString(), GROUP, "--auth-file=" + authentication);
  }

  private static List<String> concat(String first, List<String> more, String... last) {
    return Stream.of(Stream.of(first), more.stream(), Stream.of(last))
        .flatMap(part -> part)
        .toList();
  }

  private static String[] ssh(String command) {
    String proxy = String.join(" ", concat(RoleProcess.launcher("culvert").toString(), connect()));
    return new String[] {
      "ssh",
      "-F",
      "none",
      "-i",
      folder.resolve("user").toString(),
      "-o",
      "ProxyCommand=" + proxy,
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=accept-new",
      "-o",
      "UserKnownHostsFile=" + folder.resolve("known"),
      System.getProperty("user.name") + "@nowhere",
      command
    };
  }

  @Test
  void sequentialLoginsSucceed() throws Exception {
    for (int i = 0; i < 3; i++) {
      RoleProcess.Ended ended = RoleProcess.run(ssh("echo this is " + i + "; exit " + (40 + i)));
      assertThat(ended.out()).as(ended.err()).isEqualTo("this is " + i + "\n");
      assertThat(ended.exit()).isEqualTo(40 + i);
    }
    assertThat(beside.process().isAlive()).isTrue();
    assertThat(beside.err().lines("visit ended")).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void bulkIsEchoed() throws Exception {
    long seed = Seed.random("ssh").nextLong();
    var builder = new ProcessBuilder(ssh("cat"));
    builder.redirectError(folder.resolve("stderr").toFile());
    Process process = builder.start();
    try (var in = process.getInputStream()) {
      Thread typist =
          Thread.ofVirtual()
              .start(() -> {
                try (OutputStream out = process.getOutputStream()) {
                  new RandomBytes(seed).send(out, BULK_BYTES);
                } catch (IOException e) {
                  // The length check below fails in this case.
                }
              });
      long sum = RandomBytes.receive(in);
      typist.join();
      assertThat(process.waitFor()).as(Files.readString(folder.resolve("stderr"))).isZero();
      assertThat(sum)
          .isEqualTo(new RandomBytes(seed).send(OutputStream.nullOutputStream(), BULK_BYTES).sum());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void rejectedClientPrintsTheReasonInOneLine() throws Exception {
    var options =
        List.of("bounce", "connect", bounce.address().toString(), GROUP, "--auth=anything else");
    RoleProcess.Ended ended = RoleProcess.run(concat("culvert", options).toArray(String[]::new));
    assertThat(ended.exit()).isEqualTo(77);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("refused the authentication string").hasLineCount(1);
  }
}
