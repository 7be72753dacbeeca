package culvert.bounce.console;

import culvert.config.BounceAuthentication;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Decides which clients may use the console at an address: at a loopback address all, elsewhere
 * those that send the authentication string first.
 */
final class ConsoleAccess {

  private final HostPort where;
  private final boolean isLocal;

  /** Empty at a loopback address; replaced by a reload. */
  private volatile Optional<BounceAuthentication> required;

  /**
   * Checks the authentication string.
   *
   * @throws IOException if the name of the address cannot be resolved
   * @throws IllegalArgumentException if the address is not a loopback address and the
   *     authentication string is missing or cannot be typed
   */
  ConsoleAccess(HostPort where, Optional<BounceAuthentication> authentication) throws IOException {
    this.where = where;
    this.isLocal = where.resolve().stream().allMatch(InetAddress::isLoopbackAddress);
    prepareReload(authentication).run();
  }

  /**
   * Prepares the use of another authentication string.
   *
   * @return the action that applies it to connections accepted from then on
   * @throws IllegalArgumentException as the constructor does
   */
  Runnable prepareReload(Optional<BounceAuthentication> changed) {
    if (isLocal) {
      return () -> required = Optional.empty();
    }
    check(changed);
    return () -> required = changed;
  }

  private void check(Optional<BounceAuthentication> authentication) {
    if (authentication.isEmpty()) {
      throw exposed(
          "others could stop the server; set an authentication string with "
              + Setting.AUTH
              + ", "
              + Setting.AUTH_FILE
              + " or "
              + Setting.AUTH.variable());
    }
    for (byte b : authentication.get().bytes()) {
      if (b == '\n' || b == '\r') {
        throw exposed("the authentication string has a line end, so it cannot be typed there");
      }
    }
  }

  private SettingException exposed(String problem) {
    return new SettingException(
        "%s %s is not a loopback address: %s", Setting.CONSOLE_ADDR, where, problem);
  }

  /** Returns whether clients must send the authentication string. */
  boolean isLimited() {
    return required.isPresent();
  }

  /** Asks the client for the authentication string, if one is required, and checks it. */
  boolean isGranted(Connection connection, LineReader in) throws IOException {
    Optional<BounceAuthentication> expected = required;
    if (expected.isEmpty()) {
      return true;
    }
    connection.output().write("authentication string: ".getBytes(StandardCharsets.UTF_8));
    var line =
        in.next(BounceAuthentication.MAX_BYTES)
            .orElseThrow(() -> new IOException("closed by the client"));
    return !line.isCut() && expected.get().matches(line.bytes());
  }
}
