package culvert.cli.process;

import java.io.FileInputStream;
import java.io.IOException;

/**
 * The terminal that controls this process, from which Ctrl-C comes. After it has closed, {@code
 * /dev/tty} can no longer be opened; in a process that never had one it cannot be opened at all.
 */
final class ControllingTerminal {

  private static final String DEVICE = "/dev/tty";

  /** Can always be opened, unless no file descriptor is free. */
  private static final String ALWAYS = "/dev/null";

  private final boolean existed = canOpen(DEVICE);

  /** Returns whether the process had a terminal when this object was created, and has none now. */
  boolean hasClosed() {
    return existed && !canOpen(DEVICE) && canOpen(ALWAYS);
  }

  private static boolean canOpen(String file) {
    try (var in = new FileInputStream(file)) {
      return in.getFD().valid();
    } catch (IOException e) {
      return false;
    }
  }
}
