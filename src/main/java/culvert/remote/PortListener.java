package culvert.remote;

import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.ReservedPlaces;
import culvert.net.SocketConnection;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;

/**
 * The listener of a port that a session has requested. All visitors belong to that session. When
 * another session takes the port over, the listener stays open and visitors never find it closed.
 */
final class PortListener implements AutoCloseable {

  /** Binds listeners at ports of the range. */
  @FunctionalInterface
  interface Binder {
    /**
     * Binds a port, as {@link PortListener#bind} does.
     *
     * @throws IOException if the port cannot be bound
     */
    PortListener bind(int port) throws IOException;
  }

  /** The refusal of a port that another session or another program uses. */
  static final String IN_USE = "port already in use";

  private final TcpFronts visitors;

  /** The places of the port's visitors, which it keeps when another session takes it over. */
  private final ReservedPlaces.Share share;

  /** The bandwidth that all visitors of the port share, also those of different sessions. */
  private final BucketPair bandwidth;

  private final Listener listener;

  /**
   * Handles visitors; null until the first session has the port. Written under the registry's lock,
   * and read by the threads of visitors without it.
   */
  private volatile Listener.Handler<? super SocketConnection> handler;

  private record Target(String service, Session session) {}

  /** The session that has the port, or null; written and read as {@link #handler}. */
  private volatile Target target;

  private PortListener(HostPort at, TcpFronts visitors, BufferPool pool) throws IOException {
    this.visitors = visitors;
    this.share = visitors.share();
    this.listener = Listener.bind(at, "visitor", pool, new CurrentHandler());
    this.bandwidth = visitors.openPort();
  }

  /**
   * Binds a port. Visitors queue there until {@link #serve}.
   *
   * @throws IOException if the port cannot be bound; {@link #refusal} has the text for the peer
   */
  static PortListener bind(HostPort at, TcpFronts visitors, BufferPool pool) throws IOException {
    return new PortListener(at, visitors, pool);
  }

  /**
   * Returns the text of bore's server, on which its clients may depend, for an exception of {@link
   * #bind}. The JDK distinguishes the causes by the system's text only.
   */
  static String refusal(IOException e) {
    if (!(e.getCause() instanceof BindException cause)) {
      return "failed to bind to port";
    }
    String text = String.valueOf(cause.getMessage());
    if (text.contains("denied")) {
      return "permission denied";
    }
    return text.contains("in use") ? IN_USE : "failed to bind to port";
  }

  /** Returns whether a later {@link #bind} may succeed without a change of settings. */
  static boolean isTemporary(IOException e) {
    return !(e.getCause() instanceof BindException) || refusal(e).equals(IN_USE);
  }

  /**
   * Opens streams for visitors on the session from now on, and accepts them if that has not begun.
   * The caller holds the registry's lock; that of {@link culvert.net.ReservedPlaces} is taken
   * inside it.
   *
   * @param label the name of service and port in the log
   * @param service the service name of the visitors
   */
  void serve(String label, String service, Session session) {
    boolean isFirst = handler == null;
    target = new Target(service, session);
    handler = visitors.front(label, this::open, share, bandwidth);
    if (isFirst) {
      listener.start();
    }
  }

  private TcpFront.Opened open(Visitor visitor) throws IOException {
    Target current = target;
    if (current == null) {
      throw new IOException("no origin proxy serves the port any more");
    }
    var ofService = new Visitor(current.service(), visitor.address(), visitor.reached());
    return new TcpFront.Opened(current.session(), current.session().open(ofService), () -> {});
  }

  /** Opens no more streams, also for visitors that were accepted. Does not block. */
  void stop() {
    target = null;
  }

  /** Returns the bound address. */
  HostPort address() {
    return HostPort.of(listener.address());
  }

  /** Frees the port; visitors that have a stream are not affected. Waits for the accept thread. */
  @Override
  public void close() {
    listener.close();
    visitors.closePort(bandwidth);
  }

  private final class CurrentHandler implements Listener.Handler<SocketConnection> {
    @Override
    public void handle(SocketConnection connection) {
      handler.handle(connection);
    }

    @Override
    public void acceptFailed(IOException cause, Duration pause, boolean first) {
      handler.acceptFailed(cause, pause, first);
    }

    @Override
    public void started() {
      handler.started();
    }

    @Override
    public void ended() {
      handler.ended();
    }

    @Override
    public boolean canUseReserve() {
      return handler.canUseReserve();
    }
  }
}
