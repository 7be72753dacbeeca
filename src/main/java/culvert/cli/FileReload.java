package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.config.PipeContents;
import culvert.observe.Log;
import culvert.setting.SettingMessage;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads the files of a running command again and logs the result. If one of them is invalid, the
 * content read before stays in use, as does that of a FIFO, which could block the reload.
 */
final class FileReload implements Runnable {

  private final Runnable reload;
  private final Log log;

  /** Held during a reload, so that the files read last are also applied last. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Creates a reload.
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

  @Override
  public void run() {
    lock.lock();
    try {
      reload.run();
      log.info("files reloaded");
      logNotRead(log);
    } catch (IllegalArgumentException e) {
      String cause = SettingMessage.of(e).text(log.names());
      log.error(event("files not reloaded").with("cause", cause));
    } finally {
      lock.unlock();
    }
  }
}
