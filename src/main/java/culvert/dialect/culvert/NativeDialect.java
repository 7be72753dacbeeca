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

  private final Handshake.Local self;
  private final NativeLogin login;
  private final PortRequests ports;
  private final Link.Shared shared;

  private NativeDialect(
      Handshake.Local self, NativeLogin login, OptionalInt port, Link.Shared shared) {
    this.self = self;
    this.login = login;
    this.ports = new PortRequests(port);
    this.shared = shared;
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
    var secrets = settings.secrets().stream().map(Secret::key).toList();
    return new NativeDialect(
        self("", settings.resourceLimits(), secrets),
        NativeLogin.accepting(settings, secrets, shared.pool(), complaints),
        OptionalInt.empty(),
        shared);
  }

  /**
   * Creates the origin proxy's dialect. The parameters and errors are those of {@link
   * #of(RemoteSettings, Link.Shared, Consumer)}.
   */
  public static NativeDialect of(
      OriginSettings settings, Link.Shared shared, Consumer<String> complaints) {
    var secret = settings.secret().map(Secret::key).stream().toList();
    return new NativeDialect(
        self(settings.name(), settings.resourceLimits(), secret),
        NativeLogin.dialling(settings, secret, shared.pool(), complaints),
        settings.outsidePort(),
        shared);
  }

  private static Handshake.Local self(String name, ResourceLimits bounds, List<SecretKey> secrets) {
    return new Handshake.Local(
        Handshake.newInstance(), bounds.opens(), bounds.streams(), name, secrets);
  }

  @Override
  public Accepted accept(Connection connection) throws IOException {
    var done = login.accept(connection, self);
    return new Accepted.LoggedIn(new NativeSession(done.connection(), self, done.peer(), shared));
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    var done = login.dial(connection, self);
    return new NativeOriginSession(done.connection(), self, done.peer(), ports, shared);
  }
}
