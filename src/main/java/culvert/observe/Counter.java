package culvert.observe;

/** Everything that is counted. */
public enum Counter {
  /** Visitors accepted on outside addresses. */
  VISITORS,
  /** Visitors reset because {@code --max-visitors} were there already. */
  VISITORS_OVER_LIMIT,
  /** Visitors reset because no session offered their service, or all that did were full. */
  VISITORS_UNSERVED,
  /** Visitors whose PROXY header was missing or malformed. */
  BAD_PROXY_HEADERS,
  /** Streams that were refused or not accepted in time. */
  OPENS_FAILED,
  /** Relays that ended with both directions complete. */
  RELAYS_DONE,
  /** Relays that ended in any other way. */
  RELAYS_BROKEN,
  /** Sessions that came to stand. */
  SESSIONS,
  /** Connections that were of another protocol. */
  FOREIGN_PEERS,
  /** Connections that were refused: wrong secret or authentication string, wrong version. */
  REFUSED_PEERS,
  /** Connections that broke the rules of the wire. */
  PROTOCOL_ERRORS,
  /** Connections whose session did not serve, or that joined no group, in time. */
  SLOW_HANDSHAKES,
  /** Connections dropped because newer ones came while too many were half-open. */
  HALF_OPEN_DROPPED,
  /** Logins refused because {@code --max-sessions} were there already. */
  SESSIONS_OVER_LIMIT,
  /** Sessions that ended because the same name logged in anew. */
  SESSIONS_SUPERSEDED,
  /** Sessions given up because their peer had been silent, or had taken nothing, for too long. */
  SESSIONS_SILENT,
  /** Offers declined: no such service, another session owns it, or the session is draining. */
  OFFERS_DECLINED,
  /** Frames that came for streams already over, which is no fault. */
  LATE_FRAMES,
  /** Streams reset because memory ran short and they had not been read for longest. */
  STREAMS_NOT_DRAINED,
  /** Connections that joined a group of a bounce server. */
  MEMBERS,
  /** Connections that found their group, or the bounce server, full. */
  MEMBERS_OVER_LIMIT,
  /** Members dropped because they took nothing for too long. */
  MEMBERS_TOO_SLOW,
  /** Accepts that failed, mostly for want of descriptors. */
  ACCEPT_FAILURES,
  /** Log lines left out because their source had just had one. */
  LOG_LINES_SUPPRESSED
}
