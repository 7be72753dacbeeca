package culvert.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The next keepalive probe of a connection, from the system's tables of sockets. */
public final class KeepAliveProbe {

  /** Any port. */
  public static final int ANY = 0;

  private static final Path TABLE = Path.of("/proc/net/tcp");
  private static final Path TABLE_OF_IPV6 = Path.of("/proc/net/tcp6");
  private static final int TICKS = 100;

  private KeepAliveProbe() {}

  /**
   * Waits until the keepalive timer is the active one of an established connection, and asserts the
   * time that is left. Skips the test on a system without the tables.
   *
   * @param local the port of the end that probes
   * @param peer the port of the other end
   */
  public static void assertDue(int minSeconds, int maxSeconds, int local, int peer)
      throws Exception {
    assumeTrue(Files.exists(TABLE), "no socket table of the system");
    Pattern timer =
        Pattern.compile(
            ":%s [0-9A-F]+:%s 01 \\S+ 02:([0-9A-F]+) ".formatted(hex(local), hex(peer)));
    // Before that, the timer may be the retransmission timer of unacknowledged bytes.
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          Matcher found = timer.matcher(tables());
          assertThat(found.find()).isTrue();
          assertThat(Integer.parseInt(found.group(1), 16) / TICKS)
              .isBetween(minSeconds, maxSeconds);
        });
  }

  private static String hex(int port) {
    return port == ANY ? "[0-9A-F]{4}" : "%04X".formatted(port);
  }

  /** A host without IPv6 has no second table. */
  private static String tables() throws IOException {
    return Files.readString(TABLE)
        + (Files.exists(TABLE_OF_IPV6) ? Files.readString(TABLE_OF_IPV6) : "");
  }
}
