package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.Secret;
import culvert.mux.Link;
import culvert.net.Connection;
import culvert.protocol.Handshake;
import culvert.session.Dialect;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javax.crypto.SecretKey;

/** The native protocol: a link for each session and a stream for each visitor. */
public final class NativeDialect implements Dialect, OriginDialect {

  /**
   * What a reload replaces as a whole.
   *
   * @param self this side's HELLO and its secrets
   * @param login the steps from a new connection to a login
   */
  private record Access(Handshake.Local self, NativeLogin login) {}

  private final byte[] instance = Handshake.newInstance();
  private final PortRequests ports;
  private final Link.Shared shared;
  private final Consumer<String> complaints;

  /** Each login uses one value from begin to end. */
  private volatile Access access;

  private NativeDialect(OptionalInt port, Link.Shared shared, Consumer<String> complaints) {
    this.ports = new PortRequests(port);
    this.shared = shared;
    this.complaints = complaints;
  }

  /**
   * Creates the remote proxy's dialect.
   *
   * @param shared used by all sessions
   * @param complaints receives messages about unusable files, now and when they have changed
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public static NativeDialect of(
      RemoteSettings settings, Link.Shared shared, Consumer<String> complaints) {
    var dialect = new NativeDialect(OptionalInt.empty(), shared, complaints);
    dialect.prepareReload(settings).run();
    return dialect;
  }

  /**
   * Creates the origin proxy's dialect. The parameters and errors are those of {@link
   * #of(RemoteSettings, Link.Shared, Consumer)}.
   */
  public static NativeDialect of(
      OriginSettings settings, Link.Shared shared, Consumer<String> complaints) {
    var dialect = new NativeDialect(settings.outsidePort(), shared, complaints);
    dialect.prepareReload(settings).run();
    return dialect;
  }

  @Override
  public Runnable prepareReload(RemoteSettings changed) {
    var secrets = changed.secrets().stream().map(Secret::key).toList();
    return use(
        self("", changed.resourceLimits(), secrets),
        NativeLogin.accepting(changed, secrets, shared.pool(), complaints));
  }

  @Override
  public Runnable prepareReload(OriginSettings changed) {
    var secret = changed.secret().map(Secret::key).stream().toList();
    return use(
        self(changed.name(), changed.resourceLimits(), secret),
        NativeLogin.dialling(changed, secret, shared.pool(), complaints));
  }

  private Runnable use(Handshake.Local self, NativeLogin login) {
    var next = new Access(self, login);
    return () -> access = next;
  }

  private Handshake.Local self(String name, ResourceLimits bounds, List<SecretKey> secrets) {
    return new Handshake.Local(instance, bounds.opens(), bounds.streams(), name, secrets);
  }

  @Override
  public Accepted accept(Connection connection) throws IOException {
    Access now = access;
    var done = now.login().accept(connection, now.self());
    return new Accepted.LoggedIn(
        new NativeSession(done.connection(), now.self(), done.peer(), shared));
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    Access now = access;
    var done = now.login().dial(connection, now.self());
    return new NativeOriginSession(done.connection(), now.self(), done.peer(), ports, shared);
  }
}
