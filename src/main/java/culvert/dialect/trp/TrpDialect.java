package culvert.dialect.trp;

import culvert.config.RemoteSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.KeepAlive;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The remote side of tunneled-reverse-proxy's protocol. The first connection is the control
 * connection; while it is open, all others are data connections. Unlike the original, a data
 * connection is refused if no visitor waits for one or if it comes from another address than the
 * control connection, and after the control connection has ended the next connection replaces it.
 */
public final class TrpDialect implements Dialect {

  private final String service;
  private final Deadlines deadlines;
  private final AtomicReference<TrpSession> current = new AtomicReference<>();

  /** Creates the dialect for the only service that the protocol supports. */
  public TrpDialect(String service, Deadlines deadlines) {
    this.service = service;
    this.deadlines = deadlines;
  }

  /** {@inheritDoc} The protocol has no authentication, so no peer is ever verified. */
  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    KeepAlive.FAST.applyTo(connection);
    var session = new TrpSession(connection, service, deadlines, this::ended);
    if (current.compareAndSet(null, session)) {
      return new Accepted.LoggedIn(session);
    }
    return new Accepted.Claimed(() -> deliver(connection));
  }

  /** The origin proxy does not name its service, so the name is that of the role's start. */
  @Override
  public Runnable prepareReload(RemoteSettings changed) {
    OneService.check(service, changed.services());
    return () -> {};
  }

  private void deliver(Connection connection) throws IOException {
    TrpSession active = current.get();
    if (active == null) {
      throw new PeerRefusedException(ByeReason.ERROR, "the origin proxy has just disconnected");
    }
    if (!active.isPeerOf(connection)) {
      throw refused(
          "its data connections must have its address, "
              + active.peer().getAddress().getHostAddress());
    }
    if (!active.claim(connection)) {
      throw refused("no visitor waits for a data connection");
    }
  }

  private static PeerRefusedException refused(String cause) {
    return new PeerRefusedException(
        ByeReason.ERROR, "an origin proxy is connected already, and " + cause);
  }

  @Override
  public void awaitClaims(Duration limit) {
    TrpSession active = current.get();
    if (active != null) {
      active.awaitClaims(limit);
    }
  }

  private void ended(TrpSession session) {
    current.compareAndSet(session, null);
  }
}
