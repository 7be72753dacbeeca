package culvert.net;

import java.util.function.Function;

/** The place where a server listens, in the form that users write. */
public sealed interface ServerAddress permits HostPort, UnixPath {

  /**
   * Parses {@code unix:PATH}, or another text as host and port.
   *
   * @param hostPort parses the other text
   * @throws IllegalArgumentException with a message for users
   */
  static ServerAddress parse(String text, Function<String, HostPort> hostPort) {
    return UnixPath.isForm(text) ? UnixPath.parse(text) : hostPort.apply(text);
  }

  /**
   * Returns this address if it is a host and a port.
   *
   * @throws IllegalStateException if it is the path of a Unix socket
   */
  HostPort hostPort();
}
