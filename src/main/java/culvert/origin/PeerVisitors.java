package culvert.origin;

import culvert.net.Connection;
import culvert.net.Flow;
import culvert.net.OpenSet;
import culvert.net.ReservedPlaces;
import culvert.observe.Counter;
import culvert.protocol.StreamRefusedReason;
import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import culvert.session.Visitor;
import java.time.Duration;

/**
 * The visitors of one remote proxy, on their way to the handlers of the role. If there are several
 * remote proxies, the log lines of a visitor name its own, and one remote proxy cannot take the
 * places of the others' visitors. The streams are counted here because those of some protocols are
 * connections of their own, which outlive the session.
 */
final class PeerVisitors implements IncomingStream.Handler, FlowAcceptor {

  private final RoleParts role;
  private final String remoteProxy;
  private final ReservedPlaces.Share places;
  private final OpenSet<Connection> open = new OpenSet<>();

  PeerVisitors(RoleParts role, RemotePeer peer) {
    this.role = role;
    this.remoteProxy = peer.address().toString();
    this.places = role.places().share();
  }

  /** Reserves places for the visitors. */
  void start() {
    places.open();
  }

  @Override
  public void handle(IncomingStream stream) {
    if (!places.tryAcquire()) {
      role.counters().count(Counter.VISITORS_OVER_LIMIT);
      stream.refuse(StreamRefusedReason.BUSY, "the origin proxy has too many visitors");
      return;
    }
    try {
      handleAdmitted(stream);
    } finally {
      places.release();
    }
  }

  private void handleAdmitted(IncomingStream stream) {
    Connection connection = stream.connection();
    if (!open.add(connection)) {
      connection.reset();
      return;
    }
    try {
      role.streams().handle(isNamed() ? new NamedStream(stream, remoteProxy) : stream);
    } finally {
      open.remove(connection);
    }
  }

  @Override
  public Flow.Receiver opened(Visitor visitor, Flow flow) {
    return role.flows().opened(isNamed() ? visitor.withRemoteProxy(remoteProxy) : visitor, flow);
  }

  private boolean isNamed() {
    return role.settings().hasSeveralRemotes();
  }

  /** Waits until the last stream has ended; returns false if the limit passes first. */
  boolean awaitEmpty(Duration limit) {
    return open.awaitEmpty(limit);
  }

  /** Resets every stream, also one that comes later; does not block. */
  void reset() {
    open.closeAll(Connection::abandon);
    places.close();
  }

  /** A stream whose visitor has the name of its remote proxy. */
  private record NamedStream(IncomingStream stream, String remoteProxy) implements IncomingStream {

    @Override
    public Visitor visitor() {
      return stream.visitor().withRemoteProxy(remoteProxy);
    }

    @Override
    public Connection connection() {
      return stream.connection();
    }

    @Override
    public void accept() {
      stream.accept();
    }

    @Override
    public void refuse(StreamRefusedReason reason, String why) {
      stream.refuse(reason, why);
    }
  }
}
