package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.config.ServiceAddress;
import culvert.net.Deadlines;
import culvert.net.Descriptors;
import culvert.net.Dialer;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The health of the origin servers, which it checks while the role runs. Thread-safe. */
final class HealthMonitor implements ServerCheck.Listener, AutoCloseable {

  /** Log lines about one service in a period: a server may become healthy and unhealthy often. */
  private static final int MAX_LINES = 10;

  private final Supplier<OriginSettings> settings;
  private final Dialer dialer;
  private final Deadlines deadlines;
  private final Runnable onChange;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<String> lines;

  /** Guards the fields below; checks are read without it. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean isRunning;

  /** By service; replaced by each change. */
  private volatile Map<String, ServerCheck> checks = Map.of();

  /**
   * Creates a monitor that checks nothing before {@link #start}.
   *
   * @param settings the current ones
   * @param onChange runs when the health of a service may have changed; must not block
   */
  HealthMonitor(
      Supplier<OriginSettings> settings,
      Dialer dialer,
      Deadlines deadlines,
      Runnable onChange,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.dialer = dialer;
    this.deadlines = deadlines;
    this.onChange = onChange;
    this.counters = counters;
    this.log = log;
    this.lines = new LimitedLog<>(log, counters, MAX_LINES, settings.get().timeouts().logPeriod());
  }

  /** Begins the checks. */
  void start() {
    lock.lock();
    try {
      isRunning = true;
      change();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Uses the current settings. A check that they leave as it is continues; one that they change
   * begins again, with the last state if it asks the same server the same, and otherwise as that of
   * a healthy server.
   */
  void settingsChanged() {
    lock.lock();
    try {
      if (isRunning) {
        change();
      }
    } finally {
      lock.unlock();
    }
    onChange.run();
  }

  private void change() {
    Map<String, ServerCheck> before = checks;
    Map<String, ServerCheck> after = new HashMap<>();
    var added = new ArrayList<ServerCheck>();
    for (ServiceAddress service : settings.get().services()) {
      request(service)
          .ifPresent(request -> {
            ServerCheck old = before.get(service.service());
            boolean isKept = old != null && old.request().equals(request);
            ServerCheck check = isKept ? old : check(service, request, Optional.ofNullable(old));
            after.put(service.service(), check);
            if (!isKept) {
              added.add(check);
            }
          });
    }
    checks = after;
    before.values().stream().filter(old -> !after.containsValue(old)).forEach(ServerCheck::close);
    added.forEach(ServerCheck::start);
  }

  private Optional<HealthRequest> request(ServiceAddress service) {
    OriginSettings current = settings.get();
    return current
        .healthChecks()
        .of(service)
        .map(check -> new HealthRequest(service.address(), check, current.proxyHeader()));
  }

  private ServerCheck check(
      ServiceAddress service, HealthRequest request, Optional<ServerCheck> before) {
    var check =
        new ServerCheck(
            service.service(),
            request,
            dialer,
            deadlines,
            this,
            Descriptors.PROCESS::isReserveReached,
            log);
    before.filter(old -> old.request().isAsking(request)).ifPresent(check::takeStateOf);
    return check;
  }

  /** Returns whether the origin server of a service is healthy; one that is not checked is. */
  boolean isHealthy(String service) {
    ServerCheck check = checks.get(service);
    return check == null || check.isHealthy();
  }

  @Override
  public void failed(String service, String cause) {
    counters.count(Counter.HEALTH_CHECKS_FAILED);
    log.debug(event("health check failed").with("service", service).with("cause", cause));
  }

  @Override
  public void changed(String service, Optional<String> cause) {
    if (cause.isPresent()) {
      lines.warn(
          service,
          event("origin server unhealthy").with("service", service).with("cause", cause.get()));
    } else {
      lines.info(service, event("origin server healthy").with("service", service));
    }
    onChange.run();
  }

  /** Ends the checks; does not block. */
  @Override
  public void close() {
    List<ServerCheck> ended;
    lock.lock();
    try {
      isRunning = false;
      ended = List.copyOf(checks.values());
      checks = Map.of();
    } finally {
      lock.unlock();
    }
    ended.forEach(ServerCheck::close);
  }
}
