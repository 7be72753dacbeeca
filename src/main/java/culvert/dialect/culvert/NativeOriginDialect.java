package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.mux.Link;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.Handshake;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.setting.SettingWarnings;
import java.io.IOException;

/** The origin proxy's side of the native protocol; see {@link NativeDialect}. */
public final class NativeOriginDialect implements OriginDialect {

  /**
   * The parts that other settings do not change.
   *
   * @param instance id of this process for the remote proxy
   * @param target the remote proxy's address, independent of the route to it
   */
  private record Fixed(
      byte[] instance, HostPort target, Link.Shared shared, SettingWarnings warnings) {
    NativeAccess access(OriginSettings settings) {
      return NativeAccess.dialling(settings, target, instance, shared.pool(), warnings);
    }
  }

  private final Fixed fixed;
  private final NativeAccess access;
  private final PortRequests ports;

  /** Whether services may be shared. */
  private final boolean isShared;

  /**
   * Creates the dialect for one remote proxy of a role.
   *
   * @param target the remote proxy's address, independent of the route to it
   * @param shared used by all sessions
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public NativeOriginDialect(
      OriginSettings settings, HostPort target, Link.Shared shared, SettingWarnings warnings) {
    this(
        settings,
        new Fixed(Handshake.newInstance(), target, shared, warnings),
        new PortRequests(settings.outsidePort()));
  }

  private NativeOriginDialect(OriginSettings settings, Fixed fixed, PortRequests ports) {
    this(fixed, fixed.access(settings), ports, settings.isShared());
  }

  private NativeOriginDialect(
      Fixed fixed, NativeAccess access, PortRequests ports, boolean isShared) {
    this.fixed = fixed;
    this.access = access;
    this.ports = ports;
    this.isShared = isShared;
  }

  @Override
  public OriginDialect with(OriginSettings changed) {
    return new NativeOriginDialect(changed, fixed, ports.requesting(changed.outsidePort()));
  }

  @Override
  public OriginDialect forAddress() {
    return new NativeOriginDialect(fixed, access, ports.withoutLastPorts(), isShared);
  }

  @Override
  public OriginDialect withMemoryOf(OriginDialect other) {
    return other instanceof NativeOriginDialect one
        ? new NativeOriginDialect(fixed, access, ports.withLastPortsOf(one.ports), isShared)
        : this;
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    return session(connection, Handshake.InstanceCheck.NONE);
  }

  @Override
  public OriginSession login(Connection connection, InstanceCheck check) throws IOException {
    return session(connection, id -> check.check(NativeOriginSession.text(id)));
  }

  private OriginSession session(Connection connection, Handshake.InstanceCheck check)
      throws IOException {
    NativeLogin.Login login =
        access.login().dial(connection, access.self(), access.client(), check);
    return new NativeOriginSession(
        login.connection(), access.self(), login.peer(), ports, isShared, fixed.shared());
  }
}
