package culvert.bounce.client;

import culvert.config.BounceClientSettings;
import culvert.net.BufferPool;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.OpenSet;
import culvert.net.Relay;
import culvert.protocol.PeerNames;
import culvert.route.GroupConnector;
import culvert.route.Route;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What every member of a group needs that is no bounce server: how to join, to dial, to relay, and
 * to end all of that at once.
 */
public final class BounceClient implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final BounceClientSettings settings;
  private final BufferPool pool = new BufferPool();
  private final Deadlines deadlines = new Deadlines();
  private final Dialer dialer = new Dialer(pool);
  private final Route route;

  /** What is dialled or relayed now, by what ends it. */
  private final OpenSet<Runnable> underWay = new OpenSet<>();

  /**
   * Joins nothing yet.
   *
   * @param complaints takes lines for a person about files, now and when they have changed
   * @throws IllegalArgumentException if a file that the transport needs is no good
   */
  public BounceClient(BounceClientSettings settings, Consumer<String> complaints) {
    this.settings = settings;
    var join =
        new GroupConnector(
            settings.group(),
            settings.access(),
            settings.wire(),
            PeerNames.BOUNCE_SERVER,
            pool,
            complaints);
    this.route = Route.into(join, settings.via(), settings.connectTimeout(), dialer, deadlines);
  }

  BounceClientSettings settings() {
    return settings;
  }

  BufferPool pool() {
    return pool;
  }

  /** Into the group. */
  Route route() {
    return route;
  }

  /**
   * Joins the group.
   *
   * @throws culvert.protocol.RefusedException if the bounce server wants another authentication
   * @throws IOException saying what is wrong and where; also if this was closed meanwhile
   */
  public Connection join() throws IOException {
    return dial(route::connect);
  }

  /** A connection to a server that is no bounce server. */
  Connection dial(HostPort target) throws IOException {
    return dial(cancellation -> dialer.connect(target, settings.connectTimeout(), cancellation));
  }

  @FunctionalInterface
  private interface Dial {
    Connection connect(Cancellation cancellation) throws IOException;
  }

  private Connection dial(Dial dial) throws IOException {
    var cancellation = new Cancellation();
    Runnable end = cancellation::cancel;
    if (!register(end)) {
      throw new IOException("stopping");
    }
    try {
      return dial.connect(cancellation);
    } finally {
      unregister(end);
    }
  }

  /**
   * Relays between two connections until both directions have ended, and closes both.
   *
   * @param name for a thread dump
   */
  Relay.Outcome relay(String name, Connection first, Connection second) {
    Runnable end =
        () -> {
          first.reset();
          second.reset();
        };
    if (!register(end)) {
      return Relay.Outcome.STOPPED;
    }
    try {
      return new Relay(name, first, second, deadlines, settings.halfClose()).run();
    } finally {
      unregister(end);
    }
  }

  /**
   * Something is under way that {@code end} ends, which must not block.
   *
   * @return whether it may be; it was ended already if not
   */
  boolean register(Runnable end) {
    boolean may = underWay.add(end);
    if (!may) {
      end.run();
    }
    return may;
  }

  /** It is over. */
  void unregister(Runnable end) {
    underWay.remove(end);
  }

  /** Ends every attempt and resets every relay. */
  @Override
  public void close() {
    underWay.closeAll(Runnable::run);
    underWay.awaitEmpty(CLOSE_LIMIT);
    deadlines.close();
  }
}
