package culvert.dialect.culvert;

import culvert.config.ResourceLimits;
import culvert.config.Timeouts;
import culvert.mux.Heartbeat;
import culvert.mux.Link;
import culvert.mux.StreamEviction;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.session.RoleResources;

/** Creates the state that all links of a role share. */
public final class SharedLinks {

  private SharedLinks() {}

  /** Creates it for a role with these settings. */
  public static Link.Shared of(RoleResources role, Timeouts timeouts, ResourceLimits limits) {
    Counters counters = role.counters();
    return new Link.Shared(
        role.pool(),
        new StreamEviction(role.pool().budget(), counters.adder(Counter.STREAMS_NOT_DRAINED)),
        role.deadlines(),
        new Heartbeat(timeouts.heartbeat(), timeouts.heartbeatTimeout()),
        (int) limits.streamBytes().bytes(),
        counters.adder(Counter.LATE_FRAMES),
        counters.adder(Counter.DATAGRAMS_DROPPED));
  }
}
