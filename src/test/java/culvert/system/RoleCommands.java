package culvert.system;

import culvert.net.HostPort;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * How both halves are started, so that they fit.
 *
 * @param launcher starts them
 * @param remoteOptions of the remote proxy
 * @param originOptions of the origin proxy
 */
record RoleCommands(Launcher launcher, List<String> remoteOptions, List<String> originOptions) {

  /** Starts a remote proxy on ports of its own, on which a later one can follow it. */
  RemoteProcess remote(String... more) throws IOException {
    return launcher.remote(words(remoteOptions, more));
  }

  /** Another one on the same ports, which must be free. */
  RemoteProcess again(RemoteProcess before, String... more) throws IOException {
    return launcher.remoteAt(before.control(), before.outside(), words(remoteOptions, more));
  }

  /** An origin proxy, which prints a line when it serves. */
  RoleProcess origin(HostPort control, HostPort server, String... more) throws IOException {
    return launcher.origin(control, server, words(originOptions, more));
  }

  private static String[] words(List<String> first, String... more) {
    return Stream.concat(first.stream(), Stream.of(more)).toArray(String[]::new);
  }
}
