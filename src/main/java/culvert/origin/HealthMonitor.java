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
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The health of the origin servers, which it checks while the role runs. Thread-safe. */
final class HealthMonitor implements ServerCheck.Listener, AutoCloseable {

  /** Log lines about one service in a period: a server may become healthy and unhealthy often. */
  private static final int MAX_LINES = 10;

  /**
   * Maximum number of checks in progress; further ones wait. They begin together at a start or a
   * reload, and need a descriptor and often a lookup each.
   */
  static final int MAX_CHECKS = 32;

  private final Supplier<OriginSettings> settings;
  private final Consumer<String> onChange;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<String> lines;
  private final CheckParts parts;

  /** Guards the fields below; checks are read without it. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean isRunning;

  /** By service; replaced by each change. */
  private volatile Map<String, ServerCheck> checks = Map.of();

  /**
   * Creates a monitor that checks nothing before {@link #start}.
   *
   * @param settings the current ones
   * @param onChange receives a service whose health may have changed; must not block
   */
  HealthMonitor(
      Supplier<OriginSettings> settings,
      Dialer dialer,
      Deadlines deadlines,
      Consumer<String> onChange,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.onChange = onChange;
    this.counters = counters;
    this.log = log;
    this.lines = new LimitedLog<>(log, counters, MAX_LINES, settings.get().timeouts().logPeriod());
    this.parts =
        new CheckParts(
            dialer.inBackground(),
            deadlines,
            new Semaphore(MAX_CHECKS, true),
            Descriptors.PROCESS::isReserveReached,
            this,
            log);
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
    List<String> changed = List.of();
    lock.lock();
    try {
      if (isRunning) {
        changed = change();
      }
    } finally {
      lock.unlock();
    }
    changed.forEach(onChange);
  }

  /** Returns the services whose health is another one than before. */
  private List<String> change() {
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
    var changed = new ArrayList<String>();
    before.forEach((service, old) -> {
      if (after.get(service) != old) {
        old.close();
        // After the map was replaced: a result of the old check is reported by the new one's.
        if (old.isHealthy() != isHealthy(service)) {
          changed.add(service);
        }
      }
    });
    added.forEach(ServerCheck::start);
    return changed;
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
    var check = new ServerCheck(service.service(), request, parts);
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
  public void inconclusive(String service, String cause) {
    counters.count(Counter.HEALTH_CHECKS_INCONCLUSIVE);
    log.debug(event("health check inconclusive").with("service", service).with("cause", cause));
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
    onChange.accept(service);
  }

  /** Ends the checks; does not block. The last results stay. */
  @Override
  public void close() {
    lock.lock();
    try {
      isRunning = false;
    } finally {
      lock.unlock();
    }
    checks.values().forEach(ServerCheck::close);
  }
}
