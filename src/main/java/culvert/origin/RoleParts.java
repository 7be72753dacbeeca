package culvert.origin;

import culvert.config.OriginSettings;
import culvert.net.Deadlines;
import culvert.net.ReservedPlaces;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The parts of the role that the sessions with all remote proxies share.
 *
 * @param current returns the current settings, which a reload replaces
 * @param streams handles the visitors of all sessions
 * @param flows handles the UDP visitors of all sessions
 * @param places the places of the visitors of all sessions, divided among the remote proxies
 * @param claims the sessions by the processes at their other ends
 * @param health returns whether the origin server of a service is healthy, by the service's name
 * @param listener receives the public addresses of the services
 */
record RoleParts(
    Supplier<OriginSettings> current,
    IncomingStream.Handler streams,
    FlowAcceptor flows,
    ReservedPlaces places,
    RemoteClaims claims,
    Predicate<String> health,
    OriginProxy.ServiceListener listener,
    Deadlines deadlines,
    Counters counters,
    Log log) {

  /** Returns the current settings. */
  OriginSettings settings() {
    return current.get();
  }

  /** Returns the parts with other handlers of visitors. */
  RoleParts withVisitors(IncomingStream.Handler otherStreams, FlowAcceptor otherFlows) {
    return new RoleParts(
        current,
        otherStreams,
        otherFlows,
        places,
        claims,
        health,
        listener,
        deadlines,
        counters,
        log);
  }
}
