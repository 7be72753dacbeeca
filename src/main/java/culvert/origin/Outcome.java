package culvert.origin;

import culvert.net.SilentPeerException;
import culvert.protocol.PeerRefusedException;
import culvert.session.SessionEndedException;
import java.io.IOException;
import java.time.Duration;

/**
 * How a connection attempt, or the session it led to, ended.
 *
 * @param kind the reason, for {@link RetryPolicy}
 * @param cause the reason, for log lines
 * @param served how long the session served visitors; zero if it did not
 */
record Outcome(Kind kind, String cause, Duration served) {

  enum Kind {
    /** No session was started, or it was lost. */
    LOST,
    /** The session was lost because the heartbeat timeout passed. */
    SILENT,
    /** The remote proxy ended the session cleanly without giving a reason. */
    ENDED,
    /** The remote proxy is stopping; the session ends with its last visitor. */
    DRAINING,
    /** The remote proxy refused this side's secret or certificate. */
    LOGIN_REFUSED,
    /** The bounce server where the two proxies meet refused the login there. */
    BOUNCE_LOGIN_REFUSED,
    /** This side rejected the remote proxy, which could not prove that it is the right one. */
    REMOTE_PROXY_REJECTED,
    /** This side rejected the bounce server. */
    BOUNCE_SERVER_REJECTED,
    /** The remote proxy declined a service. */
    DECLINED,
    /** The remote proxy declined a service that another origin proxy serves. */
    IN_USE,
    /** Another process has logged in under the same name. */
    SUPERSEDED,
    /** Another address leads to the same remote proxy, which has a session already. */
    DUPLICATE,
    /** The user asked for a new attempt while this one was connecting. */
    REDIALLED
  }

  /** Returns the outcome of an attempt that did not lead to a session. */
  static Outcome lost(String cause) {
    return new Outcome(Kind.LOST, cause, Duration.ZERO);
  }

  /**
   * Returns the outcome for an exception.
   *
   * @param isRemoteProxy whether the peer was the remote proxy; otherwise it was the bounce server
   */
  static Outcome failed(IOException cause, boolean isRemoteProxy, Duration served) {
    Kind kind =
        switch (cause) {
          case PeerRefusedException refused -> kind(refused, isRemoteProxy);
          case SilentPeerException silent -> Kind.SILENT;
          case SessionEndedException ended -> Kind.ENDED;
          case DuplicateRemoteException duplicate -> Kind.DUPLICATE;
          default -> Kind.LOST;
        };
    return new Outcome(kind, cause.getMessage(), served);
  }

  private static Kind kind(PeerRefusedException refused, boolean isRemoteProxy) {
    return switch (refused.reason()) {
      case CREDENTIALS -> credentials(refused.isByPeer(), isRemoteProxy);
      case SUPERSEDED -> Kind.SUPERSEDED;
      default -> Kind.LOST;
    };
  }

  private static Kind credentials(boolean isByPeer, boolean isRemoteProxy) {
    if (isByPeer) {
      return isRemoteProxy ? Kind.LOGIN_REFUSED : Kind.BOUNCE_LOGIN_REFUSED;
    }
    return isRemoteProxy ? Kind.REMOTE_PROXY_REJECTED : Kind.BOUNCE_SERVER_REJECTED;
  }

  /** Returns the name of the log event that reports this outcome. */
  String event() {
    return switch (kind) {
      case LOGIN_REFUSED, SUPERSEDED -> "login refused by remote proxy";
      case BOUNCE_LOGIN_REFUSED -> "login refused by bounce server";
      case REMOTE_PROXY_REJECTED -> "remote proxy rejected";
      case BOUNCE_SERVER_REJECTED -> "bounce server rejected";
      case DECLINED, IN_USE -> "service declined";
      case DUPLICATE -> "address not used";
      default -> served.isZero() ? "session not started" : "session lost";
    };
  }
}
