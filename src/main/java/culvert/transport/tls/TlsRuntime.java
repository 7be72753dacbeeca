package culvert.transport.tls;

import culvert.net.BufferPool;
import culvert.setting.SettingWarnings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Values that both sides of TLS need besides their settings.
 *
 * @param versions protocol versions to negotiate
 * @param warnings receives messages for the user, now and when files have changed
 * @param reloadInterval how often the files are checked for a change
 */
record TlsRuntime(
    List<String> versions, BufferPool pool, SettingWarnings warnings, Duration reloadInterval) {

  private static final Duration RELOAD_INTERVAL = Duration.ofSeconds(1);

  /** Returns the runtime of a role. */
  static TlsRuntime of(boolean allowTls12, BufferPool pool, SettingWarnings warnings) {
    return new TlsRuntime(TlsContext.versions(allowTls12), pool, warnings, RELOAD_INTERVAL);
  }

  /** Reads a value from files for the first time, and again whenever they have changed. */
  <T> FileReloader<T> reloader(List<Path> files, Supplier<T> load) {
    return new FileReloader<>(files, load, warnings, reloadInterval);
  }
}
