package culvert.bounce.client;

import culvert.config.BounceClientSettings;
import culvert.config.BounceCredentials;
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
import culvert.setting.SettingWarnings;
import java.io.IOException;
import java.time.Duration;

/**
 * Shared by all programs that join a group as a member: joins, connects to servers, relays, and
 * ends all of these together.
 */
public final class BounceClient implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final BounceClientSettings settings;
  private final BufferPool pool = new BufferPool();
  private final Deadlines deadlines = new Deadlines();
  private final Dialer dialer = new Dialer(pool);
  private final GroupConnector connector;
  private final Route route;

  /** Connection attempts and relays in progress, each represented by the action that ends it. */
  private final OpenSet<Runnable> operations = new OpenSet<>();

  /**
   * Creates a client, which does not connect before {@link #join}.
   *
   * @param warnings receives messages for the user about files, now and whenever they change
   * @throws IllegalArgumentException if a file that the transport needs is invalid
   */
  public BounceClient(BounceClientSettings settings, SettingWarnings warnings) {
    this.settings = settings;
    this.connector =
        new GroupConnector(
            settings.group(),
            settings.credentials(),
            settings.greeting(),
            PeerNames.BOUNCE_SERVER,
            pool,
            warnings);
    this.route =
        Route.into(connector, settings.via(), settings.connectTimeout(), dialer, deadlines);
  }

  /**
   * Applies credentials that differ from the current ones only in the content of files. New
   * connections use them.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(BounceCredentials changed) {
    connector.prepareReload(changed).run();
  }

  BounceClientSettings settings() {
    return settings;
  }

  BufferPool pool() {
    return pool;
  }

  /** Returns the route into the group. */
  Route route() {
    return route;
  }

  /**
   * Joins the group.
   *
   * @throws culvert.protocol.PeerRefusedException if the bounce server refuses the authentication
   * @throws IOException if that fails, naming cause and address; also if this client was closed
   */
  public Connection join() throws IOException {
    return dial(route::connect);
  }

  /** Connects to a server outside the group. */
  Connection dial(HostPort target) throws IOException {
    Dialer resetting = dialer.resettingOnDeath();
    return dial(cancellation -> resetting.connect(target, settings.connectTimeout(), cancellation));
  }

  @FunctionalInterface
  private interface Connect {
    Connection connect(Cancellation cancellation) throws IOException;
  }

  private Connection dial(Connect dial) throws IOException {
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
   * Relays between two connections until both directions have ended, then closes both.
   *
   * @param name name for thread dumps
   */
  Relay.Outcome relay(String name, Connection first, Connection second) {
    Runnable end =
        () -> {
          first.abandon();
          second.abandon();
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
   * Registers an operation, which {@link #close} will end. If this client is already closed, ends
   * the operation at once.
   *
   * @param end ends the operation; must not block
   * @return whether the operation may start
   */
  boolean register(Runnable end) {
    boolean isOpen = operations.add(end);
    if (!isOpen) {
      end.run();
    }
    return isOpen;
  }

  /** Removes an operation that has ended. */
  void unregister(Runnable end) {
    operations.remove(end);
  }

  /** Cancels every connection attempt and ends every relay. */
  @Override
  public void close() {
    operations.closeAll(Runnable::run);
    operations.awaitEmpty(CLOSE_TIMEOUT);
    deadlines.close();
  }
}
