package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.RemoteAddress;
import culvert.observe.LimitedLog;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The health of a session's services, as far as the remote proxy knows it. Guarded by the lock of
 * {@link SessionServices}.
 */
final class HealthReports {

  private final Predicate<String> health;
  private final OriginSession session;
  private final UnansweredMessages messages;
  private final RemoteAddress remote;
  private final LimitedLog<String> lines;

  /** Services that are served and were reported as unhealthy. */
  private final Set<String> unhealthy = new HashSet<>();

  /**
   * Creates an instance that has reported nothing.
   *
   * @param health returns whether the origin server of a service is healthy
   * @param messages limits the reports
   */
  HealthReports(
      Predicate<String> health,
      OriginSession session,
      UnansweredMessages messages,
      RemoteAddress remote,
      LimitedLog<String> lines) {
    this.health = health;
    this.session = session;
    this.messages = messages;
    this.remote = remote;
    this.lines = lines;
  }

  /** Reports a service that begins to be served: the remote proxy assumes that it is healthy. */
  void served(OfferedService service) {
    unhealthy.remove(service.name());
    report(service);
  }

  /** Reports a service that is served, if its health has changed: now, or after a pause. */
  void report(OfferedService service) {
    boolean isHealthy = health.test(service.name());
    boolean wasHealthy = !unhealthy.contains(service.name());
    if (isHealthy == wasHealthy) {
      return;
    }
    if (session.canReportHealth() && !messages.tryReport()) {
      return;
    }
    if (isHealthy) {
      unhealthy.remove(service.name());
    } else {
      unhealthy.add(service.name());
    }
    send(service, isHealthy);
  }

  private void send(OfferedService service, boolean isHealthy) {
    if (session.canReportHealth()) {
      session.reportHealth(service.name(), isHealthy);
    } else if (!isHealthy) {
      String event = "health not reported";
      lines.warn(
          event + " " + service.name(),
          event(event)
              .with("service", service.name())
              .with(
                  "cause",
                  "the remote proxy does not support it; update it to the version of this side")
              .with(SessionLoop.REMOTE_PROXY, remote));
    }
  }
}
