package culvert.remote;

import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.observe.RateLimit;
import culvert.session.Opened;
import culvert.session.Services;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Which sessions serve which service. Its listeners are fixed when the role starts. */
final class ServiceTable implements Services {

  private static final Duration LOG_PERIOD = Duration.ofSeconds(10);

  private record Service(
      HostPort address, CopyOnWriteArrayList<Session> sessions, AtomicInteger next) {}

  private final Map<String, Service> services = new LinkedHashMap<>();
  private final RateLimit<HostPort> declines = new RateLimit<>(LOG_PERIOD, System::nanoTime);
  private final Log log;

  ServiceTable(Map<String, HostPort> addresses, Log log) {
    addresses.forEach((name, address) ->
        services.put(
            name, new Service(address, new CopyOnWriteArrayList<>(), new AtomicInteger())));
    this.log = log;
  }

  @Override
  public Answer offer(Session session, String name) {
    Service service = services.get(name);
    if (service == null) {
      if (declines.allows(session.peer())) {
        log.warn("offer declined", "origin_proxy", session.peer(), "service", name);
      }
      return new Answer.Declined(
          "the remote proxy has no service '" + name + "'; it has " + services.keySet());
    }
    if (service.sessions().addIfAbsent(session)) {
      log.info("service offered", "service", name, "origin_proxy", session.peer());
    }
    return new Answer.Taken(List.of(service.address().toString()));
  }

  @Override
  public void withdraw(Session session, String name) {
    Service service = services.get(name);
    if (service != null && service.sessions().remove(session)) {
      log.info("service withdrawn", "service", name, "origin_proxy", session.peer());
    }
  }

  @Override
  public void withdrawAll(Session session) {
    services.keySet().forEach(name -> withdraw(session, name));
  }

  /**
   * Begins a stream with one of the service's sessions, in turn; one that cannot take it is passed
   * over.
   *
   * @return nothing if no session can
   */
  Optional<Opened> open(Visitor visitor) {
    Service service = services.get(visitor.service());
    Object[] sessions = service.sessions().toArray();
    int first = service.next().getAndIncrement() & Integer.MAX_VALUE;
    for (int i = 0; i < sessions.length; i++) {
      Session session = (Session) sessions[(first + i) % sessions.length];
      try {
        return Optional.of(session.open(visitor));
      } catch (IOException e) {
        log.debug("session passed over", "origin_proxy", session.peer(), "cause", e.getMessage());
      }
    }
    return Optional.empty();
  }
}
