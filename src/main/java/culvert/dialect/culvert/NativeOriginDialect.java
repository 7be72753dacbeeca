package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.mux.Link;
import culvert.net.Connection;
import culvert.protocol.Handshake;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.setting.SettingWarnings;
import java.io.IOException;

/** The origin proxy's side of the native protocol; see {@link NativeDialect}. */
public final class NativeOriginDialect implements OriginDialect {

  private final byte[] instance = Handshake.newInstance();
  private final Link.Shared shared;
  private final SettingWarnings warnings;

  /** Each login uses one value from start to end. */
  private volatile NativeAccess access;

  /** Each session uses the value of its login. */
  private volatile PortRequests ports;

  /** Whether services may be shared; as above. */
  private volatile boolean isShared;

  /**
   * Creates the dialect of a role.
   *
   * @param shared used by all sessions
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public NativeOriginDialect(
      OriginSettings settings, Link.Shared shared, SettingWarnings warnings) {
    this.ports = new PortRequests(settings.outsidePort());
    this.isShared = settings.isShared();
    this.shared = shared;
    this.warnings = warnings;
    this.access = NativeAccess.dialling(settings, instance, shared.pool(), warnings);
  }

  @Override
  public Runnable prepareReload(OriginSettings changed) {
    var next = NativeAccess.dialling(changed, instance, shared.pool(), warnings);
    return () -> {
      access = next;
      isShared = changed.isShared();
      ports = ports.requesting(changed.outsidePort());
    };
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    NativeAccess current = access;
    NativeLogin.Login login = current.login().dial(connection, current.self());
    return new NativeOriginSession(
        login.connection(), current.self(), login.peer(), ports, isShared, shared);
  }
}
