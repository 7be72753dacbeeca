package culvert.session;

import culvert.net.Flow;

/** Connects the flows of visitors to the service's origin server. */
@FunctionalInterface
public interface FlowAcceptor {

  /**
   * Accepts a flow. Must not block; a flow that cannot be served is closed.
   *
   * @param visitor the visitor and the UDP service it uses
   * @return receives the visitor's datagrams
   */
  Flow.Receiver opened(Visitor visitor, Flow flow);
}
