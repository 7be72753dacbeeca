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
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * How the other side is reached: straight, or through a proxy that leads outside; at its own
 * address, or in a channel group.
 */
public final class Route {

  private final HostPort target;
  private final Optional<OutboundProxy> via;
  private final Optional<GroupConnector> join;
  private final Duration limit;
  private final Dialer dialer;
  private final Deadlines deadlines;

  private Route(
      HostPort target,
      Optional<OutboundProxy> via,
      Optional<GroupConnector> join,
      Duration limit,
      Dialer dialer,
      Deadlines deadlines) {
    this.target = target;
    this.via = via;
    this.join = join;
    this.limit = limit;
    this.dialer = dialer;
    this.deadlines = deadlines;
  }

  /**
   * To an address of its own.
   *
   * @param limit for each connection, from the lookup to its end
   */
  public static Route to(
      RemoteAddress.Direct target,
      Optional<OutboundProxy> via,
      Duration limit,
      Dialer dialer,
      Deadlines deadlines) {
    return new Route(target.dialled(), via, Optional.empty(), limit, dialer, deadlines);
  }

  /** The same, into a group at a bounce server. */
  public static Route into(
      GroupConnector join,
      Optional<OutboundProxy> via,
      Duration limit,
      Dialer dialer,
      Deadlines deadlines) {
    return new Route(join.group().server(), via, Optional.of(join), limit, dialer, deadlines);
  }

  /**
   * A connection to the other side.
   *
   * @param cancellation ends the step in progress; afterwards it closes the connection
   * @throws culvert.protocol.RefusedException if a bounce server wants another authentication
   * @throws IOException naming who could not be reached: the proxy or what is behind it
   */
  public Connection connect(Cancellation cancellation) throws IOException {
    long began = System.nanoTime();
    Connection connection = dial(cancellation);
    cancellation.onCancel(connection::close);
    boolean there = false;
    try {
      if (via.isPresent()) {
        connection = passThrough(via.get(), connection, left(began));
      }
      if (join.isPresent()) {
        connection = join(join.get(), connection, left(began));
      }
      there = true;
      return connection;
    } finally {
      if (!there) {
        connection.close();
      }
    }
  }

  /**
   * Whether what came first over such a connection means that it leads nowhere.
   *
   * @throws culvert.protocol.RefusedException if a bounce server wants another authentication
   * @throws IOException if it let this side in for another reason not
   */
  void checkFirstBytes(byte[] bytes) throws IOException {
    if (join.isPresent()) {
      join.get().checkFirstBytes(bytes);
    }
  }

  private Duration left(long began) {
    return limit.minusNanos(System.nanoTime() - began);
  }

  private Connection dial(Cancellation cancellation) throws IOException {
    if (via.isEmpty()) {
      return dialer.connect(target, limit, cancellation);
    }
    try {
      return dialer.connect(via.get().proxy(), limit, cancellation);
    } catch (IOException e) {
      throw new IOException("the proxy cannot be reached: " + e.getMessage(), e);
    }
  }

  private Connection passThrough(OutboundProxy via, Connection proxy, Duration left)
      throws IOException {
    return deadlines.callWithin(
        left,
        proxy::close,
        "the proxy " + via + " did not reach " + target + " within " + Durations.of(limit),
        () -> ProxyTransport.through(via, target).wrap(proxy));
  }

  private Connection join(GroupConnector join, Connection carrier, Duration left)
      throws IOException {
    GroupAddress group = join.group();
    return deadlines.callWithin(
        left,
        carrier::close,
        group
            + ": nobody let this side in within "
            + Durations.of(limit)
            + "; is that a bounce server, and does it listen for "
            + (group.transport().isTls() ? "TLS" : "clients without TLS")
            + "?",
        () -> join.wrap(carrier));
  }
}
