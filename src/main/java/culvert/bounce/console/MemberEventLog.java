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
 * Tells what happens to members, as much as the {@link Verbosity} has it: in the log, a line of
 * fields each, and on the console that is attached, if one is, as a person reads it. Whatever a
 * peer had a hand in is escaped in both.
 */
public final class MemberEventLog implements MemberEvents {

  /** A console, as far as it listens. */
  private record Listener(Consumer<String> screen, boolean alone) {}

  /** Of connections from one source in a period; a stranger can make as many as it likes. */
  private static final int LINES = 100;

  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
  private volatile Verbosity verbosity;
  private volatile Listener listener;

  /**
   * Tells the log; nobody listens besides.
   *
   * @param logPeriod in which the connections of one source have a hundred lines, reads aside
   */
  public MemberEventLog(Verbosity verbosity, Duration logPeriod, Counters counters, Log log) {
    this.verbosity = verbosity;
    this.log = log;
    this.lines = new LimitedLog<>(log, counters, LINES, logPeriod);
  }

  /** How much is told now. */
  Verbosity verbosity() {
    return verbosity;
  }

  /** Switches that. */
  void verbosity(Verbosity other) {
    verbosity = other;
  }

  /**
   * From now on a console listens, in the place of any before it.
   *
   * @param screen takes what is told, a line or some with line feeds between; must not block
   * @param alone whether the log is told nothing meanwhile, since it goes to the same screen
   */
  void attach(Consumer<String> screen, boolean alone) {
    listener = new Listener(screen, alone);
  }

  /** From now on no console listens. */
  void detach() {
    listener = null;
  }

  @Override
  public void connected(MemberView member) {
    tell(member, about(member, "member connected"), " connected");
  }

  @Override
  public void changed(MemberView member) {
    if (verbosity.hasStates()) {
      LogEvent event = about(member, "member changed").with("state", member.state());
      tell(member, event, " is " + member.state());
    }
  }

  @Override
  public void disconnected(MemberView member, String reason) {
    LogEvent event = about(member, "member disconnected").with("reason", reason);
    tell(member, event, " disconnected: " + Escape.of(reason));
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
    Listener console = listener;
    if (console == null || !console.alone) {
      logRead(member, bytes, now);
    }
    if (console != null) {
      console.screen.accept(shownRead(member, bytes, now));
    }
  }

  /** Each line of the dump is one of the log too, so that lines of others may come between. */
  private void logRead(MemberView member, ByteBuffer bytes, Verbosity now) {
    log.info(about(member, "member sent").with("bytes", bytes.remaining()));
    if (now.hasBytes()) {
      HexDump.of(
          bytes,
          (offset, hex, text) ->
              log.info(
                  event("bytes of member")
                      .with("id", member.id())
                      .with("at", offset)
                      .with("hex", hex)
                      .with("text", text)));
    }
  }

  private static String shownRead(MemberView member, ByteBuffer bytes, Verbosity now) {
    var shown = new StringBuilder(ConsoleFormat.connection(member));
    member.group().ifPresent(group -> shown.append(" -> ").append(ConsoleFormat.group(group)));
    shown
        .append(": ")
        .append(bytes.remaining())
        .append(bytes.remaining() == 1 ? " byte" : " bytes");
    if (now.hasBytes()) {
      HexDump.of(
          bytes,
          (offset, hex, text) ->
              shown.append(String.format("\n  %06x  %-47s  |%s|", offset, hex, text)));
    }
    return shown.toString();
  }

  private void tell(MemberView member, LogEvent event, String shown) {
    Listener console = listener;
    if (console == null || !console.alone) {
      lines.info(SourcePrefix.of(member.peer().getAddress()), event);
    }
    if (console != null) {
      var line = new StringBuilder(ConsoleFormat.connection(member));
      member.group().ifPresent(group -> line.append(" of ").append(ConsoleFormat.group(group)));
      console.screen.accept(line.append(shown).toString());
    }
  }

  private static LogEvent about(MemberView member, String event) {
    LogEvent line = event(event).with("id", member.id()).with("peer", HostPort.of(member.peer()));
    member.group().ifPresent(group -> line.with("group", group));
    return line;
  }
}
