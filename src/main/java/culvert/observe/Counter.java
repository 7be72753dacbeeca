package culvert.observe;

/** The events that are counted. */
public enum Counter {
  /** Visitors accepted on public addresses. */
  VISITORS,
  /**
   * Visitors reset because {@code --max-visitors}, the share of their service, or {@code
   * --max-visitors-per-addr} was reached.
   */
  VISITORS_OVER_LIMIT,
  /** Visitors reset because their network is not allowed or denied. */
  VISITORS_DENIED,
  /**
   * Visitors refused because {@code --max-opens-per-service} others of their service were waiting
   * for an origin server that did not answer.
   */
  VISITORS_BUSY,
  /** Visitors that reset their connection while they waited for the origin server. */
  VISITORS_GONE,
  /**
   * Visitors reset because no session offered their service, or all sessions that did were full.
   */
  VISITORS_UNSERVED,
  /** Visitors whose PROXY header was missing or malformed. */
  BAD_PROXY_HEADERS,
  /** Streams that were refused or not accepted in time. */
  OPENS_FAILED,
  /** Relays that ended with both directions complete. */
  RELAYS_DONE,
  /** Relays that ended in any other way. */
  RELAYS_BROKEN,
  /** Sessions that were established. */
  SESSIONS,
  /** Connections with another protocol. */
  FOREIGN_PEERS,
  /** Connections that were refused: wrong secret or authentication string, wrong version. */
  REFUSED_PEERS,
  /** Connections that violated the protocol. */
  PROTOCOL_ERRORS,
  /**
   * Connections that did not log in and register a service, or join a group, within the handshake
   * timeout.
   */
  SLOW_HANDSHAKES,
  /** Unauthenticated connections evicted by newer ones. */
  HALF_OPEN_DROPPED,
  /** Logins refused because {@code --max-sessions} was reached. */
  SESSIONS_OVER_LIMIT,
  /** Sessions that ended because the same name logged in again. */
  SESSIONS_SUPERSEDED,
  /** Sessions that ended because the peer sent or accepted nothing for too long. */
  SESSIONS_SILENT,
  /** Sessions that ended because their client was removed or has another secret. */
  SESSIONS_REVOKED,
  /**
   * Offers declined: unknown service, owned by another session, or session draining. An offer that
   * a session repeats with an equal result counts once.
   */
  OFFERS_DECLINED,
  /** Offers declined because the client may not make them; part of those declined. */
  OFFERS_NOT_PERMITTED,
  /** Services withdrawn because the settings do not permit them to the client any more. */
  SERVICES_REVOKED,
  /** Health checks of origin servers that failed. */
  HEALTH_CHECKS_FAILED,
  /** Health checks without a result, because this process had no socket or lookup for them. */
  HEALTH_CHECKS_INCONCLUSIVE,
  /** Reports of an origin proxy that the origin server of a service is not healthy any more. */
  SERVICES_UNHEALTHY,
  /** Frames for streams and flows that had ended, which are not an error. */
  LATE_FRAMES,
  /** Flows of UDP visitors that were opened. */
  FLOWS,
  /** Flows that ended because newer ones reached {@code --max-flows}. */
  FLOWS_EVICTED,
  /** Flows that ended because their origin server could not be reached. */
  FLOWS_FAILED,
  /** Datagrams dropped because no session offered their service. */
  DATAGRAMS_UNSERVED,
  /** Datagrams dropped because the network of their visitor is not allowed or denied. */
  DATAGRAMS_DENIED,
  /**
   * Datagrams dropped because they were too long, too many waited to be sent, or they were beyond
   * {@code --max-bandwidth}.
   */
  DATAGRAMS_DROPPED,
  /** Streams reset under memory pressure, those with the most bytes for the longest time first. */
  STREAMS_NOT_DRAINED,
  /** Connections that joined a group of a bounce server. */
  MEMBERS,
  /** Connections refused because their group or the bounce server was full. */
  MEMBERS_OVER_LIMIT,
  /** Members dropped because they accepted nothing for too long. */
  MEMBERS_TOO_SLOW,
  /** Failed accepts, usually because no file descriptor was free. */
  ACCEPT_FAILURES,
  /** Log lines suppressed by the limit of their source or by the limit of their event. */
  LOG_LINES_SUPPRESSED
}
