package culvert.cli;

import culvert.net.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Settings files of both roles, which a test replaces while the roles run. */
final class RoleFiles {

  /** Settings of a remote proxy with one service. */
  static final String SERVER =
      """
      [server]
      bind_addr = "127.0.0.1:0"
      secret = "0123456789abcdef"
      services.web.bind_addr = "127.0.0.1:0"
      """;

  /** The line of it with the secret. */
  static final String SECRET = "secret = \"0123456789abcdef\"\n";

  /** Another service. */
  static final String SSH = "services.ssh.bind_addr = \"127.0.0.1:0\"\n";

  private RoleFiles() {}

  /** Writes {@link #SERVER} and starts its role. */
  static ReloadedRole server(Path file) throws Exception {
    Files.writeString(file, SERVER);
    return new ReloadedRole("remote-proxy", "--config", file.toString());
  }

  /** Returns settings of an origin proxy, whose services are all at one origin server. */
  static String client(HostPort control, HostPort server, String... services) {
    var text = new StringBuilder("[client]\nremote_addr = \"" + control + "\"\n");
    text.append("secret = \"0123456789abcdef\"\n");
    for (String service : services) {
      text.append("services." + service + ".local_addr = \"" + server + "\"\n");
    }
    return text.toString();
  }

  /** Replaces a file at once, so that no reload reads a part of it. */
  static void write(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling("next"), text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
