package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.ReservedPlaces;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.session.OriginSession;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.time.Duration;
import java.util.Optional;

/** The parts of the role that {@link SessionServices} needs, for a session that a test scripts. */
final class ScriptedRole implements AutoCloseable {

  private static final RemoteAddress REMOTE =
      new RemoteAddress.Direct(new HostPort("127.0.0.1", 1));

  private final TestLog log = new TestLog();
  private final Deadlines deadlines = new Deadlines();
  private volatile OriginSettings settings;
  private volatile boolean isHealthy = true;
  private final WantedServices wanted = new WantedServices(() -> settings);

  /** Sets the services of the settings, such as {@code web=127.0.0.1:1}. */
  void want(String... services) {
    settings = new RolePair.Options().originSettings(REMOTE, services);
  }

  /** Sets whether the origin servers of all services are healthy. */
  void setHealthy(boolean isHealthy) {
    this.isHealthy = isHealthy;
  }

  WantedServices wanted() {
    return wanted;
  }

  SessionServices services(OriginSession session) {
    var lines = new LimitedLog<String>(log.log(), new Counters(), 1, Duration.ofHours(1));
    var peer = new RemotePeer(REMOTE, () -> null, Optional.empty(), wanted);
    return new SessionServices(peer, session, parts(), lines);
  }

  private RoleParts parts() {
    return new RoleParts(
        () -> settings,
        stream -> {},
        (visitor, flow) -> null,
        new ReservedPlaces(1),
        new RemoteClaims(),
        service -> isHealthy,
        (service, address, remote) -> {},
        deadlines,
        new Counters(),
        log.log());
  }

  @Override
  public void close() {
    deadlines.close();
    log.close();
  }
}
