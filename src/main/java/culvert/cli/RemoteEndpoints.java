package culvert.cli;

import culvert.config.BoreServerSettings;
import culvert.config.ControlProtocol;
import culvert.config.RemoteSettings;
import culvert.dialect.bore.BoreDialect;
import culvert.dialect.culvert.NativeDialect;
import culvert.dialect.trp.TrpDialect;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The endpoints of a remote proxy, and their dialects: one of each protocol, and of bore one for
 * each endpoint.
 */
public final class RemoteEndpoints implements Endpoints {

  /**
   * Connections of one source that may be unauthenticated where bore clients are served: each data
   * channel starts as one, and so many visitors of a client may wait.
   */
  private static final int BORE_PER_SOURCE = 1024;

  private static final Endpoint.Limits BORE_LIMITS =
      Endpoint.Limits.unencrypted(4096, BORE_PER_SOURCE);

  private final RoleResources role;
  private final SettingWarnings warnings;

  /** Each is created when the settings first need it. */
  private final Map<ControlProtocol, Dialect> dialects = new EnumMap<>(ControlProtocol.class);

  /** Those of bore: a reload that removes one ends the sessions of its endpoint only. */
  private final Map<Endpoint.Kind, BoreDialect> bore = new EnumMap<>(Endpoint.Kind.class);

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
      // The native protocol precedes bore's, because it names foreign programs.
      List<Dialect> served =
          settings.protocols().stream().sorted().map(each -> dialect(each, settings)).toList();
      endpoints.add(Endpoint.control(settings, served, controlLimits(settings)));
    }
    if (!settings.groups().isEmpty()) {
      endpoints.add(Endpoint.groups(settings, dialect(ControlProtocol.NATIVE, settings)));
    }
    settings
        .bore()
        .flatMap(BoreServerSettings::address)
        .ifPresent(at -> endpoints.add(boreOnly(at, bore(Endpoint.Kind.BORE, settings))));
    return endpoints;
  }

  private static Endpoint.Limits controlLimits(RemoteSettings settings) {
    var limits = Endpoint.Limits.of(settings);
    return settings.protocols().contains(ControlProtocol.BORE)
        ? limits.withAtLeastPerSource(BORE_PER_SOURCE)
        : limits;
  }

  private static Endpoint boreOnly(HostPort address, Dialect dialect) {
    return new Endpoint(Endpoint.Kind.BORE, Optional.of(address), List.of(dialect), BORE_LIMITS);
  }

  /** Returns the dialect of bore for an endpoint; those of several endpoints are of one server. */
  private BoreDialect bore(Endpoint.Kind kind, RemoteSettings settings) {
    BoreDialect known = bore.get(kind);
    if (known == null) {
      known =
          bore.values().stream()
              .findFirst()
              .map(BoreDialect::forAnotherEndpoint)
              .orElseGet(() -> newBore(settings));
      bore.put(kind, known);
    }
    return known;
  }

  private BoreDialect newBore(RemoteSettings settings) {
    return new BoreDialect(
        settings.bore().orElseThrow().secrets(), settings.timeouts().handshake(), role.deadlines());
  }

  /** Returns the dialect of a protocol at the control address and in the channel groups. */
  private Dialect dialect(ControlProtocol protocol, RemoteSettings settings) {
    return switch (protocol) {
      case NATIVE -> one(protocol, () -> new NativeDialect(settings, role, warnings));
      case BORE -> bore(Endpoint.Kind.CONTROL, settings);
      case TRP -> one(protocol, () -> trp(settings));
    };
  }

  private Dialect one(ControlProtocol protocol, Supplier<Dialect> creator) {
    return dialects.computeIfAbsent(protocol, missing -> creator.get());
  }

  private Dialect trp(RemoteSettings settings) {
    return new TrpDialect(settings.services().getFirst().service(), role.deadlines());
  }
}
