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

  private final byte[] instance;
  private final Link.Shared shared;
  private final SettingWarnings warnings;
  private final NativeAccess access;
  private final PortRequests ports;

  /** Whether services may be shared. */
  private final boolean isShared;

  /**
   * Creates the dialect of a role.
   *
   * @param shared used by all sessions
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public NativeOriginDialect(
      OriginSettings settings, Link.Shared shared, SettingWarnings warnings) {
    this(
        settings,
        Handshake.newInstance(),
        new PortRequests(settings.outsidePort()),
        shared,
        warnings);
  }

  private NativeOriginDialect(
      OriginSettings settings,
      byte[] instance,
      PortRequests ports,
      Link.Shared shared,
      SettingWarnings warnings) {
    this.instance = instance;
    this.ports = ports;
    this.isShared = settings.isShared();
    this.shared = shared;
    this.warnings = warnings;
    this.access = NativeAccess.dialling(settings, instance, shared.pool(), warnings);
  }

  @Override
  public OriginDialect with(OriginSettings changed) {
    return new NativeOriginDialect(
        changed, instance, ports.requesting(changed.outsidePort()), shared, warnings);
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    NativeLogin.Login login = access.login().dial(connection, access.self(), access.client());
    return new NativeOriginSession(
        login.connection(), access.self(), login.peer(), ports, isShared, shared);
  }
}
