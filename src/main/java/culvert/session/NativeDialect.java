package culvert.session;

import culvert.config.Bounds;
import culvert.config.Secret;
import culvert.mux.Leg;
import culvert.net.Connection;
import culvert.protocol.Handshake;
import java.io.IOException;
import java.util.Optional;

/** The native wire: a leg for each session and a stream for each visitor. */
public final class NativeDialect implements Dialect {

  private final Handshake.Self self;
  private final Leg.Shared shared;

  /** All sessions share what {@code shared} holds. */
  public NativeDialect(Handshake.Self self, Leg.Shared shared) {
    this.self = self;
    this.shared = shared;
  }

  /**
   * What a process says of itself in every handshake.
   *
   * @param name under which an origin proxy logs in; empty for a remote proxy
   */
  public static Handshake.Self self(String name, Bounds bounds, Optional<Secret> secret) {
    return new Handshake.Self(
        Handshake.newInstance(), bounds.opens(), bounds.streams(), name, secret.map(Secret::key));
  }

  @Override
  public Accepted accept(Connection connection) throws IOException {
    var peer = Handshake.accept(self, connection.input(), connection.output());
    return new Accepted.Joined(new NativeSession(connection, self, peer, shared));
  }

  /** The origin side of {@link #accept}: joins the remote proxy at the other end. */
  public OriginSession join(Connection connection) throws IOException {
    var peer = Handshake.dial(self, connection.input(), connection.output());
    return new NativeOriginSession(connection, self, peer, shared);
  }
}
