package culvert.route;

import culvert.config.GroupAddress;
import culvert.config.OutboundProxy;
import culvert.config.RemoteAddress;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.setting.Setting;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The path to the peer: directly or through an outbound proxy, to the peer's own address or into a
 * channel group.
 */
public final class Route {

  private final HostPort target;
  private final Optional<OutboundProxy> proxy;
  private final Optional<GroupConnector> group;
  private final Duration timeout;
  private final Dialer dialer;
  private final Deadlines deadlines;

  private Route(
      HostPort target,
      Optional<OutboundProxy> proxy,
      Optional<GroupConnector> group,
      Duration timeout,
      Dialer dialer,
      Deadlines deadlines) {
    this.target = target;
    this.proxy = proxy;
    this.group = group;
    this.timeout = timeout;
    this.dialer = dialer;
    this.deadlines = deadlines;
  }

  /**
   * Returns a route to the peer's own address.
   *
   * @param proxy the outbound proxy, if one is used
   * @param timeout for each connection, from the name lookup to the end of all handshakes
   */
  public static Route to(
      RemoteAddress.Direct target,
      Optional<OutboundProxy> proxy,
      Duration timeout,
      Dialer dialer,
      Deadlines deadlines) {
    return new Route(target.dialled(), proxy, Optional.empty(), timeout, dialer, deadlines);
  }

  /**
   * Returns a route into a channel group of a bounce server; the other parameters are those of
   * {@link #to}.
   */
  public static Route into(
      GroupConnector group,
      Optional<OutboundProxy> proxy,
      Duration timeout,
      Dialer dialer,
      Deadlines deadlines) {
    return new Route(group.group().server(), proxy, Optional.of(group), timeout, dialer, deadlines);
  }

  /** Returns whether it leads to the peer's own address without an outbound proxy. */
  public boolean isDirect() {
    return proxy.isEmpty() && group.isEmpty();
  }

  /**
   * Connects to the peer, in the calling thread.
   *
   * @param cancellation ends the step in progress; afterwards it closes the connection
   * @throws culvert.protocol.PeerRefusedException if a bounce server requires a different
   *     authentication string
   * @throws IOException if the proxy, or the target behind it, cannot be reached; the message names
   *     it
   */
  public Connection connect(Cancellation cancellation) throws IOException {
    long start = System.nanoTime();
    Connection connection = dial(cancellation);
    cancellation.onCancel(connection::close);
    boolean connected = false;
    try {
      if (proxy.isPresent()) {
        connection = openTunnel(proxy.get(), connection, remaining(start));
      }
      if (group.isPresent()) {
        connection = join(group.get(), connection, remaining(start));
      }
      connected = true;
      return connection;
    } finally {
      if (!connected) {
        connection.close();
      }
    }
  }

  /**
   * Checks whether the first bytes received over a connection of this route are a refusal by the
   * bounce server; always passes for a route without a group.
   *
   * @throws culvert.protocol.PeerRefusedException if the bounce server requires a different
   *     authentication string
   * @throws IOException if the bounce server refused for another reason
   */
  void checkFirstBytes(byte[] bytes) throws IOException {
    if (group.isPresent()) {
      group.get().checkFirstBytes(bytes);
    }
  }

  private Duration remaining(long start) {
    return timeout.minusNanos(System.nanoTime() - start);
  }

  private Connection dial(Cancellation cancellation) throws IOException {
    if (proxy.isEmpty()) {
      return dialer.connect(target, timeout, cancellation);
    }
    try {
      return dialer.connect(proxy.get().proxy(), timeout, cancellation);
    } catch (IOException e) {
      throw new IOException("the proxy cannot be reached: " + e.getMessage(), e);
    }
  }

  private Connection openTunnel(OutboundProxy proxy, Connection carrier, Duration remaining)
      throws IOException {
    return deadlines.callWithin(
        remaining,
        carrier::close,
        "the proxy " + proxy + " did not reach " + target + " within " + Durations.of(timeout),
        () -> ProxyTransport.through(proxy, target).wrap(carrier));
  }

  private Connection join(GroupConnector connector, Connection carrier, Duration remaining)
      throws IOException {
    GroupAddress address = connector.group();
    return deadlines.callWithin(
        remaining,
        carrier::close,
        address
            + ": not joined within "
            + Durations.of(timeout)
            + "; is this a bounce server, and does it accept "
            + (address.transport().isTls() ? "TLS" : "connections without TLS")
            + "? It also waits if its authentication string ("
            + Setting.AUTH
            + ") is longer than the one it was sent",
        () -> connector.wrap(carrier));
  }
}
