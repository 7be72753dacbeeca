package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import culvert.session.ClientIdentity;
import culvert.session.Session;
import java.time.Duration;

/** Log lines about sessions, limited for each event and source. */
final class SessionLog {

  /** Lines of one event and source in a period: enough for many sessions behind one address. */
  private static final int MAX_LINES = 100;

  private record Topic(String event, SourcePrefix source) {}

  private final LimitedLog<Topic> lines;

  SessionLog(Duration period, Counters counters, Log log) {
    this.lines = new LimitedLog<>(log, counters, MAX_LINES, period);
  }

  /** Returns an event whose first field names the session's origin proxy. */
  static LogEvent about(Session session, String event) {
    return event(event).with("origin_proxy", title(session));
  }

  private static String title(Session session) {
    String name = session.identity().map(ClientIdentity::title).map(text -> text + "@").orElse("");
    return name + HostPort.of(session.peer());
  }

  /** Logs an event at INFO, within the limit. */
  void info(Session session, LogEvent event) {
    lines.info(topic(session, event), event);
  }

  /** Logs an event at WARN, within the limit. */
  void warn(Session session, LogEvent event) {
    lines.warn(topic(session, event), event);
  }

  private static Topic topic(Session session, LogEvent event) {
    return new Topic(event.name(), SourcePrefix.of(session.peer().getAddress()));
  }
}
