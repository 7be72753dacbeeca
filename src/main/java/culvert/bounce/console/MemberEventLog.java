package culvert.bounce.console;

import static culvert.observe.LogEvent.event;

import culvert.bounce.server.MemberEvents;
import culvert.bounce.server.MemberView;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.observe.Escape;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Reports member events at the level of detail that the {@link Verbosity} sets: to the log as lines
 * of fields, and to the attached console, if one is attached, as readable text. Text that a peer
 * can influence is escaped in both.
 */
public final class MemberEventLog implements MemberEvents {

  /** The console that events are written to. */
  private record AttachedConsole(Consumer<String> screen, boolean isExclusive) {}

  /**
   * Lines about the connections of one source in a period. Without a limit, unauthenticated
   * connections could fill the log.
   */
  private static final int MAX_LINES_PER_SOURCE = 100;

  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
  private volatile Verbosity verbosity;
  private volatile AttachedConsole attached;

  /**
   * Creates a log without an attached console.
   *
   * @param logPeriod period in which at most a hundred lines are logged about the connections of
   *     one source; reads are not limited
   */
  public MemberEventLog(Verbosity verbosity, Duration logPeriod, Counters counters, Log log) {
    this.verbosity = verbosity;
    this.log = log;
    this.lines = new LimitedLog<>(log, counters, MAX_LINES_PER_SOURCE, logPeriod);
  }

  /** Returns the current level of detail. */
  Verbosity verbosity() {
    return verbosity;
  }

  /** Sets the level of detail. */
  void setVerbosity(Verbosity other) {
    verbosity = other;
  }

  /**
   * Attaches a console, which replaces any attached before.
   *
   * @param screen receives one or more lines of text, separated by line feeds; must not block
   * @param isExclusive whether events are not logged while the console is attached, because the log
   *     is written to the same screen
   */
  void attach(Consumer<String> screen, boolean isExclusive) {
    attached = new AttachedConsole(screen, isExclusive);
  }

  /** Detaches the console. */
  void detach() {
    attached = null;
  }

  @Override
  public void connected(MemberView member) {
    report(member, memberEvent("member connected", member), " connected");
  }

  @Override
  public void changed(MemberView member) {
    if (verbosity.hasStates()) {
      LogEvent event = memberEvent("member state changed", member).with("state", member.state());
      report(member, event, " is " + member.state());
    }
  }

  @Override
  public void disconnected(MemberView member, String reason) {
    LogEvent event = memberEvent("member disconnected", member).with("reason", reason);
    report(member, event, " disconnected: " + Escape.of(reason));
  }

  @Override
  public boolean isReadEnabled() {
    return verbosity.hasReads();
  }

  @Override
  public void read(MemberView member, ByteBuffer bytes) {
    Verbosity now = verbosity;
    if (!now.hasReadsOf(member)) {
      return;
    }
    AttachedConsole console = attached;
    if (console == null || !console.isExclusive) {
      logRead(member, bytes, now);
    }
    if (console != null) {
      console.screen.accept(formatRead(member, bytes, now));
    }
  }

  /** Logs each line of the dump on its own, so lines about other members may be in between. */
  private void logRead(MemberView member, ByteBuffer bytes, Verbosity now) {
    log.info(memberEvent("member data received", member).with("bytes", bytes.remaining()));
    if (now.hasBytes()) {
      HexDump.of(
          bytes,
          (offset, hex, text) ->
              log.info(
                  event("member data dumped")
                      .with("id", member.id())
                      .with("at", offset)
                      .with("hex", hex)
                      .with("text", text)));
    }
  }

  private static String formatRead(MemberView member, ByteBuffer bytes, Verbosity now) {
    var text = new StringBuilder(ConsoleFormat.connection(member));
    member.group().ifPresent(group -> text.append(" -> ").append(ConsoleFormat.group(group)));
    text.append(": ").append(bytes.remaining()).append(bytes.remaining() == 1 ? " byte" : " bytes");
    if (now.hasBytes()) {
      HexDump.of(
          bytes,
          (offset, hex, ascii) ->
              text.append(String.format("\n  %06x  %-47s  |%s|", offset, hex, ascii)));
    }
    return text.toString();
  }

  private void report(MemberView member, LogEvent event, String consoleText) {
    AttachedConsole console = attached;
    if (console == null || !console.isExclusive) {
      lines.info(SourcePrefix.of(member.peer().getAddress()), event);
    }
    if (console != null) {
      var line = new StringBuilder(ConsoleFormat.connection(member));
      member.group().ifPresent(group -> line.append(" in ").append(ConsoleFormat.group(group)));
      console.screen.accept(line.append(consoleText).toString());
    }
  }

  private static LogEvent memberEvent(String name, MemberView member) {
    LogEvent event = event(name).with("id", member.id()).with("peer", HostPort.of(member.peer()));
    member.group().ifPresent(group -> event.with("group", group));
    return event;
  }
}
