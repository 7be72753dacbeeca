package culvert.cli;

import culvert.config.BoreServerSettings;
import culvert.config.RemoteSettings;
import culvert.dialect.bore.BoreDialect;
import culvert.dialect.culvert.NativeDialect;
import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.remote.Endpoint;
import culvert.remote.Endpoints;
import culvert.remote.RemoteProxy;
import culvert.session.Dialect;
import culvert.session.RoleResources;
import culvert.setting.SettingWarnings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The endpoints of a remote proxy for the native protocol and bore. */
public final class RemoteEndpoints implements Endpoints {

  /** Larger than at the control address: each data channel starts as such a connection. */
  private static final Endpoint.Limits BORE_LIMITS = Endpoint.Limits.unencrypted(4096, 1024);

  private final RoleResources role;
  private final SettingWarnings warnings;

  /** Created when the settings first need it. */
  private Optional<Dialect> nativeDialect = Optional.empty();

  /** As above. */
  private Optional<Dialect> bore = Optional.empty();

  private RemoteEndpoints(RoleResources role, SettingWarnings warnings) {
    this.role = role;
    this.warnings = warnings;
  }

  /**
   * Starts a remote proxy with the endpoints of its settings.
   *
   * @throws IOException if an address cannot be bound; the message names it, and none stays bound
   */
  public static RemoteProxy start(RemoteSettings settings, Log log) throws IOException {
    return RemoteProxy.start(settings, role -> new RemoteEndpoints(role, log), log);
  }

  @Override
  public List<Endpoint> of(RemoteSettings settings) {
    var endpoints = new ArrayList<Endpoint>();
    if (settings.control().isPresent()) {
      endpoints.add(Endpoint.control(settings, List.of(nativeDialect(settings))));
    }
    if (!settings.groups().isEmpty()) {
      endpoints.add(Endpoint.groups(settings, nativeDialect(settings)));
    }
    settings.bore().ifPresent(given -> endpoints.add(bore(given)));
    return endpoints;
  }

  private Dialect nativeDialect(RemoteSettings settings) {
    if (nativeDialect.isEmpty()) {
      nativeDialect = Optional.of(new NativeDialect(settings, role, warnings));
    }
    return nativeDialect.get();
  }

  private Endpoint bore(BoreServerSettings given) {
    if (bore.isEmpty()) {
      bore = Optional.of(new BoreDialect(given.secrets(), role.deadlines()));
    }
    Optional<HostPort> address = Optional.of(given.address());
    return new Endpoint(Endpoint.Kind.BORE, address, List.of(bore.get()), BORE_LIMITS);
  }
}
