package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;

/** Ports for servers that a test stops and starts again. */
public final class Ports {

  private static final ReservedPorts UNTIL_EXIT = new ReservedPorts();

  private Ports() {}

  /** Reserves a port until this JVM ends; see {@link ReservedPorts}. */
  public static HostPort reserve() throws IOException {
    return UNTIL_EXIT.next();
  }
}
