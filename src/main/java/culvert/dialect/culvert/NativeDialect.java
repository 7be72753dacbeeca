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

/** The native wire: a leg for each session and a stream for each visitor. */
public final class NativeDialect implements Dialect, OriginDialect {

  private final Handshake.Self self;
  private final NativeLogin entrance;
  private final PortRequests ports;
  private final Link.Shared shared;

  private NativeDialect(
      Handshake.Self self, NativeLogin entrance, OptionalInt port, Link.Shared shared) {
    this.self = self;
    this.entrance = entrance;
    this.ports = new PortRequests(port);
    this.shared = shared;
  }

  /**
   * The remote proxy's; all sessions share what {@code shared} holds.
   *
   * @param complaints takes lines for a person about files, now and when they have changed
   * @throws IllegalArgumentException if a file that the transport needs is no good
   */
  public static NativeDialect of(
      RemoteSettings settings, Link.Shared shared, Consumer<String> complaints) {
    var secrets = settings.secrets().stream().map(Secret::key).toList();
    return new NativeDialect(
        self("", settings.bounds(), secrets),
        NativeLogin.accepting(settings, secrets, shared.pool(), complaints),
        OptionalInt.empty(),
        shared);
  }

  /** The same for the origin proxy. */
  public static NativeDialect of(
      OriginSettings settings, Link.Shared shared, Consumer<String> complaints) {
    var secret = settings.secret().map(Secret::key).stream().toList();
    return new NativeDialect(
        self(settings.name(), settings.bounds(), secret),
        NativeLogin.dialling(settings, secret, shared.pool(), complaints),
        settings.outsidePort(),
        shared);
  }

  private static Handshake.Self self(String name, ResourceLimits bounds, List<SecretKey> secrets) {
    return new Handshake.Self(
        Handshake.newInstance(), bounds.opens(), bounds.streams(), name, secrets);
  }

  @Override
  public Accepted accept(Connection connection) throws IOException {
    var login = entrance.accept(connection, self);
    return new Accepted.Joined(new NativeSession(login.connection(), self, login.peer(), shared));
  }

  @Override
  public OriginSession join(Connection connection) throws IOException {
    var login = entrance.dial(connection, self);
    return new NativeOriginSession(login.connection(), self, login.peer(), ports, shared);
  }
}
