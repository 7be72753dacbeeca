package culvert.session;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.mux.Leg;
import culvert.net.Connection;
import culvert.protocol.Handshake;
import java.io.IOException;
import java.util.List;

/** The native wire: a leg for each session and a stream for each visitor. */
public final class NativeDialect implements Dialect {

  private final Handshake.Self self;
  private final NativeEntrance entrance;
  private final Leg.Shared shared;

  private NativeDialect(Handshake.Self self, NativeEntrance entrance, Leg.Shared shared) {
    this.self = self;
    this.entrance = entrance;
    this.shared = shared;
  }

  /**
   * The remote proxy's; all sessions share what {@code shared} holds.
   *
   * @throws IllegalArgumentException if a file that the transport needs is no good
   */
  public static NativeDialect of(RemoteSettings settings, Leg.Shared shared) {
    var bounds = settings.bounds();
    var secrets = settings.secrets().stream().map(Secret::key).toList();
    var self =
        new Handshake.Self(Handshake.newInstance(), bounds.opens(), bounds.streams(), "", secrets);
    return new NativeDialect(
        self, NativeEntrance.accepting(settings.transport(), secrets, shared.pool()), shared);
  }

  /**
   * The origin proxy's.
   *
   * @throws IllegalArgumentException if a file that the transport needs is no good
   */
  public static NativeDialect of(OriginSettings settings, Leg.Shared shared) {
    var bounds = settings.bounds();
    var secret = settings.secret().map(Secret::key);
    var self =
        new Handshake.Self(
            Handshake.newInstance(),
            bounds.opens(),
            bounds.streams(),
            settings.name(),
            secret.map(List::of).orElse(List.of()));
    return new NativeDialect(
        self,
        NativeEntrance.dialling(
            settings.transport(), settings.remoteProxy(), secret, shared.pool()),
        shared);
  }

  @Override
  public Accepted accept(Connection connection) throws IOException {
    var login = entrance.accept(connection, self);
    return new Accepted.Joined(new NativeSession(login.connection(), self, login.peer(), shared));
  }

  /** The origin side of {@link #accept}: joins the remote proxy at the other end. */
  public OriginSession join(Connection connection) throws IOException {
    var login = entrance.dial(connection, self);
    return new NativeOriginSession(login.connection(), self, login.peer(), shared);
  }
}
