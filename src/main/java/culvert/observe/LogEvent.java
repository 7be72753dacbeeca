package culvert.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One log line before it is written: the event's name, which never varies, and its fields in the
 * order in which they were added. Built by one thread and passed to a {@link Log}:
 *
 * <pre>log.warn(event("visitor reset").with("visitor", address).with("cause", cause));</pre>
 */
public final class LogEvent {

  private final String name;
  private final List<Map.Entry<String, Object>> fields = new ArrayList<>();

  private LogEvent(String name) {
    this.name = name;
  }

  /** Returns an event without fields. */
  public static LogEvent event(String name) {
    return new LogEvent(name);
  }

  /**
   * Adds a field.
   *
   * @param value a number stays a number in JSON; everything else is written as text
   * @return this event
   */
  public LogEvent with(String field, Object value) {
    fields.add(Map.entry(field, value == null ? "null" : value));
    return this;
  }

  /**
   * Adds fields in their order.
   *
   * @return this event
   */
  public LogEvent withAll(Map<String, ?> more) {
    more.forEach(this::with);
    return this;
  }

  /** Returns the name of the event. */
  public String name() {
    return name;
  }

  List<Map.Entry<String, Object>> fields() {
    return fields;
  }
}
