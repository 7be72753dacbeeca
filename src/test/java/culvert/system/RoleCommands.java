package culvert.system;

import culvert.net.HostPort;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Starts both proxies with matching options.
 *
 * @param launcher starts the processes
 * @param remoteOptions options of the remote proxy
 * @param originOptions options of the origin proxy
 */
record RoleCommands(Launcher launcher, List<String> remoteOptions, List<String> originOptions) {

  /** Starts a remote proxy on reserved ports, on which a later one can listen too. */
  RemoteProcess remote(String... more) throws IOException {
    return launcher.remote(concat(remoteOptions, more));
  }

  /** Starts another remote proxy on the same ports, which must be free. */
  RemoteProcess again(RemoteProcess before, String... more) throws IOException {
    return launcher.remoteAt(before.control(), before.outside(), concat(remoteOptions, more));
  }

  /** Starts an origin proxy, which prints a line when it serves. */
  RoleProcess origin(HostPort control, HostPort server, String... more) throws IOException {
    return launcher.origin(control, server, concat(originOptions, more));
  }

  private static String[] concat(List<String> first, String... more) {
    return Stream.concat(first.stream(), Stream.of(more)).toArray(String[]::new);
  }
}
