package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.option.FileSettings;
import culvert.cli.option.WrittenName;
import culvert.cli.process.Terminal;
import culvert.config.FileFingerprint;
import culvert.config.toml.Role;
import culvert.observe.Log;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Reloads the settings of a running role: on HUP, and when the content of its settings file has
 * changed. The command line and the variables are those of the start. If the file is invalid, the
 * role continues with its settings, and each problem is logged. Without a settings file a reload
 * reads the files again that the options name, as {@link FileReload} does.
 *
 * @param <C> the command of the role
 */
final class RoleReload<C extends RoleCommand> implements Runnable, AutoCloseable {

  private final C command;
  private final CommandSpec spec;
  private final Terminal terminal;
  private final Log log;
  private final Consumer<C> applier;
  private final Runnable afterwards;

  /** The settings with which the role was started. */
  private final FileSettings started;

  /** Held during a reload, so that the settings read last are also applied last. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The settings of the last reload that succeeded; guarded by the lock, as are those below. */
  private FileSettings current;

  private C running;

  /** The content of the last reload, also of one that failed. */
  private FileFingerprint lastRead;

  private final Optional<FileWatch> watch;

  /**
   * Starts to watch the settings file of the role, if it has one.
   *
   * @param command has been parsed
   * @param applier applies the settings of a command to the role; throws an
   *     IllegalArgumentException, before it changes anything, if they are invalid
   * @param afterwards runs after each reload
   */
  RoleReload(
      C command,
      CommandSpec spec,
      Terminal terminal,
      Log log,
      Consumer<C> applier,
      Runnable afterwards) {
    this.command = command;
    this.spec = spec;
    this.terminal = terminal;
    this.log = log;
    this.applier = applier;
    this.afterwards = afterwards;
    this.started = FileSettings.in(spec);
    this.current = started;
    this.running = command;
    this.lastRead = started.fingerprint();
    this.watch = started.file().map(this::watch);
  }

  private FileWatch watch(Path file) {
    return FileWatch.start(
        started.fingerprint(), () -> SettingsFiles.fingerprint(file), this::fileChanged);
  }

  /** Reloads, on HUP. */
  @Override
  public void run() {
    lock.lock();
    try {
      if (started.isPresent()) {
        reload();
      } else {
        new FileReload(() -> applier.accept(command), log).run();
      }
    } finally {
      lock.unlock();
    }
    afterwards.run();
  }

  /** A HUP may have come first. */
  private void fileChanged(FileFingerprint content) {
    lock.lock();
    try {
      if (!content.equals(lastRead)) {
        reload();
      }
    } finally {
      lock.unlock();
    }
    afterwards.run();
  }

  private void reload() {
    lastRead = SettingsFiles.fingerprint(started.file().orElseThrow());
    SettingNames names = log.names();
    try {
      FileSettings next = SettingsFiles.again(terminal, arguments());
      Role role = SettingsFiles.role(spec.name());
      CommandLine parsed = SettingsFiles.commandLine(terminal, next, role);
      parsed.getCommandSpec().root().commandLine().parseArgs(arguments());
      names = WrittenName.in(parsed.getCommandSpec());
      C changed = parsed.getCommand();
      applier.accept(changed);
      log.setNames(names);
      report(role, next, changed);
    } catch (InvalidFileException e) {
      e.lines().forEach(this::logNotReloaded);
    } catch (ParameterException e) {
      logNotReloaded(e.getMessage());
    } catch (IllegalArgumentException e) {
      logNotReloaded(SettingMessage.of(e).text(names));
    } catch (RuntimeException | Error e) {
      log.bug("internal error in reload", e);
    }
  }

  private String[] arguments() {
    return spec.root().commandLine().getParseResult().originalArgs().toArray(String[]::new);
  }

  private void logNotReloaded(String cause) {
    log.error(event("settings not reloaded").with("cause", cause));
  }

  private void report(Role role, FileSettings next, C changed) {
    Set<Setting> changes = current.differences(next, spec);
    Set<Setting> unused = started.differences(next, spec);
    new ReloadReport(role, log).write(running.services(), changed.services(), changes, unused);
    current = next;
    running = changed;
  }

  /** Ends the watch; does not block. */
  @Override
  public void close() {
    watch.ifPresent(FileWatch::close);
  }
}
