package culvert.cli;

import culvert.config.OriginSettings;
import culvert.dialect.culvert.NativeOriginDialect;
import culvert.dialect.culvert.SharedLinks;
import culvert.observe.Log;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.session.RoleResources;

/** Creates origin proxies of the native protocol. */
public final class OriginProxies {

  private OriginProxies() {}

  /**
   * Creates an origin proxy that does nothing before {@link OriginProxy#run}.
   *
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  public static OriginProxy of(
      OriginSettings settings, OriginProxy.ServiceListener listener, Log log) {
    return new OriginProxy(settings, dialects(settings), listener, log);
  }

  /** Returns the maker of dialects whose links share the limits of these settings. */
  public static OriginProxy.DialectMaker dialects(OriginSettings settings) {
    return (dialer, role) -> dialects(settings, role);
  }

  private static Dialects dialects(OriginSettings settings, RoleResources role) {
    var links = SharedLinks.of(role, settings.timeouts(), settings.resourceLimits());
    return (remote, given, warnings) ->
        new NativeOriginDialect(given, remote.dialled(), links, warnings);
  }
}
