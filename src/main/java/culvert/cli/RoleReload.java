package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.option.FileSettings;
import culvert.cli.option.LogOptions;
import culvert.cli.option.WrittenName;
import culvert.cli.process.Terminal;
import culvert.config.FileFingerprint;
import culvert.config.ReadFiles;
import culvert.observe.Log;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
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

  /** Tries of one HUP to read a file that does not change meanwhile. */
  private static final int MAX_TRIES = 10;

  /**
   * Pause before a content that could not be used is tried again: a file that it names may have
   * been missing for a moment.
   */
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);

  private final CommandSpec spec;
  private final Terminal terminal;
  private final Log log;
  private final Consumer<C> applier;
  private final Runnable afterwards;

  /** The reload of a role without a settings file. */
  private final FileReload withoutFile;

  /** The settings with which the role was started. */
  private final FileSettings started;

  /** Held during a reload, so that the settings read last are also applied last. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The settings of the last reload that succeeded; guarded by the lock, as are those below. */
  private FileSettings current;

  private C running;

  /** The warnings about them. */
  private Set<SettingMessage> advice;

  /** The files that the settings name. */
  private ReadFiles files;

  /** The content of the last reload, also of one that failed. */
  private FileFingerprint lastRead;

  /** Why the last reload failed, one line for each problem; empty if it succeeded. */
  private List<String> failure = List.of();

  /** When it failed. */
  private long failedNanos;

  private final Optional<FileWatch> watch;

  /** Set once: the role is stopping. */
  private volatile boolean isClosed;

  /**
   * Starts to watch the settings file of the role, if it has one.
   *
   * @param command has been parsed, and has read the files that its options name
   * @param applier applies the settings of a command to the role; throws an
   *     IllegalArgumentException, before it changes anything, if they are invalid
   * @param afterwards runs after each change that is applied, and after each HUP
   */
  RoleReload(
      C command,
      CommandSpec spec,
      Terminal terminal,
      Log log,
      Consumer<C> applier,
      Runnable afterwards) {
    this.spec = spec;
    this.terminal = terminal;
    this.log = log;
    this.applier = applier;
    this.afterwards = afterwards;
    this.started = FileSettings.in(spec);
    this.current = started;
    this.running = command;
    this.advice = advice(command, spec);
    this.files = ReadFiles.now();
    this.withoutFile = new FileReload(() -> applier.accept(command), log);
    this.lastRead = started.fingerprint();
    this.watch = started.file().map(this::watch);
  }

  private FileWatch watch(Path file) {
    return FileWatch.start(
        () -> SettingsFiles.fingerprint(file),
        this::fileSettled,
        e -> log.bug("internal error in the watch of the settings file", e));
  }

  /** Reloads, on HUP. */
  @Override
  public void run() {
    lock.lock();
    try {
      if (isClosed) {
        return;
      }
      if (started.isPresent()) {
        reloadNow();
      } else {
        withoutFile.run();
      }
    } finally {
      lock.unlock();
    }
    afterwards.run();
  }

  private void reloadNow() {
    boolean isRead = false;
    for (int tries = 0; !isRead && tries < MAX_TRIES; tries++) {
      isRead = reload(content(), true);
    }
    if (isRead) {
      FileReload.logNotRead(log);
    } else {
      logNotReloaded("the settings file changes while it is read; it is read again later");
    }
  }

  /** Reloads after a change. The content may be that of the last HUP, or may have failed before. */
  private void fileSettled(FileFingerprint content) {
    boolean isApplied;
    lock.lock();
    try {
      isApplied = !isClosed && isDue(content) && reload(content, false) && failure.isEmpty();
    } finally {
      lock.unlock();
    }
    if (isApplied) {
      afterwards.run();
    }
  }

  private boolean isDue(FileFingerprint content) {
    return !content.equals(lastRead)
        || !failure.isEmpty() && System.nanoTime() - failedNanos >= RETRY_PAUSE.toNanos();
  }

  private FileFingerprint content() {
    return SettingsFiles.fingerprint(started.file().orElseThrow());
  }

  /** Reloads; returns false, and has no effect, if the file does not have this content any more. */
  private boolean reload(FileFingerprint content, boolean isHangUp) {
    List<String> lines = List.of();
    try {
      Optional<FileSettings> next = read(content);
      if (next.isEmpty()) {
        return false;
      }
      lines = apply(next.get(), isHangUp);
    } catch (InvalidFileException e) {
      lines = e.lines();
    } catch (ParameterException e) {
      lines = List.of(e.getMessage());
    } catch (RuntimeException | Error e) {
      log.bug("internal error in reload", e);
    }
    if (isHangUp || !content.equals(lastRead) || !lines.equals(failure)) {
      lines.forEach(this::logNotReloaded);
    }
    failure = lines;
    failedNanos = System.nanoTime();
    lastRead = content;
    return true;
  }

  /** Applies settings; returns why they cannot be used, in which case nothing has changed. */
  private List<String> apply(FileSettings next, boolean isHangUp) {
    CommandLine parsed = parsed(next);
    C changed = parsed.getCommand();
    SettingNames before = log.names();
    log.setNames(WrittenName.in(parsed.getCommandSpec()));
    try {
      applier.accept(changed);
    } catch (IllegalArgumentException e) {
      String line = SettingMessage.of(e).text(log.names());
      log.setNames(before);
      return List.of(line);
    }
    use(next, changed, parsed.getCommandSpec(), isHangUp);
    return List.of();
  }

  /**
   * Returns the settings in the file; empty if it does not have this content any more, and may be
   * incomplete.
   *
   * @throws InvalidFileException if the file is invalid and has this content
   */
  private Optional<FileSettings> read(FileFingerprint content) {
    try {
      FileSettings next = SettingsFiles.readAgain(terminal, current, arguments());
      return content().equals(content) ? Optional.of(next) : Optional.empty();
    } catch (InvalidFileException e) {
      if (content().equals(content)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private CommandLine parsed(FileSettings next) {
    CommandLine parsed = SettingsFiles.commandLine(terminal, next, SettingsFiles.role(spec.name()));
    parsed.getCommandSpec().root().commandLine().parseArgs(arguments());
    return parsed;
  }

  private String[] arguments() {
    return spec.root().commandLine().getParseResult().originalArgs().toArray(String[]::new);
  }

  private void logNotReloaded(String cause) {
    log.error(event("settings not reloaded").with("cause", cause));
  }

  /** Logs what has changed, and the warnings that the settings before did not have. */
  private void use(FileSettings next, C changed, CommandSpec parsed, boolean isHangUp) {
    Set<Setting> changes = current.differences(next, spec);
    Set<Setting> unused = started.differences(next, spec);
    ReadFiles read = ReadFiles.now();
    List<Path> changedFiles =
        files.changedIn(read).stream()
            .filter(file -> !next.file().equals(Optional.of(file)))
            .toList();
    new ReloadReport(SettingsFiles.role(spec.name()), log)
        .write(running, changed, changes, unused, changedFiles, isHangUp);
    Set<SettingMessage> warnings = advice(changed, parsed);
    warnings.stream().filter(line -> !advice.contains(line)).forEach(log::warn);
    advice = warnings;
    files = read;
    current = next;
    running = changed;
  }

  private static Set<SettingMessage> advice(RoleCommand command, CommandSpec spec) {
    var lines = new LinkedHashSet<SettingMessage>(command.advice());
    LogOptions.advice(spec).forEach(line -> lines.add(SettingMessage.of("%s", line)));
    return lines;
  }

  /** Ends the watch; does not block. A reload that has begun may continue. */
  @Override
  public void close() {
    isClosed = true;
    watch.ifPresent(FileWatch::close);
  }
}
