package culvert.dialect.culvert;

import culvert.config.RemoteSettings;
import culvert.mux.Link;
import culvert.net.Connection;
import culvert.protocol.Handshake;
import culvert.session.Dialect;
import culvert.session.RoleResources;
import culvert.setting.SettingWarnings;
import java.io.IOException;

/**
 * The remote proxy's side of the native protocol: a link for each session and a stream for each
 * visitor.
 */
public final class NativeDialect implements Dialect {

  private final byte[] instance = Handshake.newInstance();
  private final Link.Shared shared;
  private final SettingWarnings warnings;

  /** The settings of {@link #access}; changed by one reload after the other. */
  private RemoteSettings used;

  /** Each login uses one value from start to end. */
  private volatile NativeAccess access;

  /**
   * Creates the dialect of a role.
   *
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public NativeDialect(RemoteSettings settings, RoleResources role, SettingWarnings warnings) {
    this(settings, SharedLinks.of(role, settings.timeouts(), settings.resourceLimits()), warnings);
  }

  NativeDialect(RemoteSettings settings, Link.Shared shared, SettingWarnings warnings) {
    this.shared = shared;
    this.warnings = warnings;
    this.used = settings;
    this.access = NativeAccess.accepting(settings, instance, shared.pool(), warnings);
  }

  @Override
  public Runnable prepareReload(RemoteSettings changed) {
    // One that a reload has created receives the settings of its constructor: the files were read.
    NativeAccess next =
        changed == used
            ? access
            : NativeAccess.accepting(changed, instance, shared.pool(), warnings);
    return () -> {
      used = changed;
      access = next;
    };
  }

  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    NativeAccess current = access;
    NativeLogin.Login login = current.login().accept(connection, current.self(), onVerified);
    return new Accepted.LoggedIn(
        new NativeSession(
            login.connection(),
            current.self(),
            login.peer(),
            login.client(),
            login.proof(),
            shared));
  }
}
