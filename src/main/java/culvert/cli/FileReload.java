package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.config.PipeContents;
import culvert.config.ReadFiles;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Reads the files of a running command again and logs the result. If one of them is invalid, the
 * content read before stays in use, as does that of a FIFO, which could block the reload.
 */
final class FileReload implements Runnable {

  private final Runnable reload;
  private final Log log;

  /** Held during a reload, so that the files read last are also applied last. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The files of the start or of the last reload; guarded by the lock. */
  private ReadFiles files = ReadFiles.now();

  /**
   * Creates a reload, after the files were read for the first time.
   *
   * @param reload reads the files and applies them; throws an IllegalArgumentException with one
   *     line for the user if a file is invalid
   */
  FileReload(Runnable reload, Log log) {
    this.reload = reload;
    this.log = log;
  }

  /** Logs the files that a reload does not read again. */
  static void logNotRead(Log log) {
    PipeContents.files()
        .forEach(file ->
            log.info(
                event("file not read again")
                    .with("file", file)
                    .with("cause", "it is not a regular file")));
  }

  private static LogEvent withChanged(LogEvent line, List<Path> changed) {
    return changed.isEmpty()
        ? line
        : line.with(
            "changed", changed.stream().map(Path::toString).collect(Collectors.joining(",")));
  }

  @Override
  public void run() {
    lock.lock();
    try {
      reload.run();
      ReadFiles now = ReadFiles.now();
      log.info(withChanged(event("files reloaded"), files.changedIn(now)));
      files = now;
      logNotRead(log);
    } catch (IllegalArgumentException e) {
      String cause = SettingMessage.of(e).text(log.names());
      log.error(event("files not reloaded").with("cause", cause));
    } finally {
      lock.unlock();
    }
  }
}
