package culvert.transport.tls;

import culvert.config.TlsClientSettings;
import culvert.config.TlsTrust;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.setting.SettingWarnings;
import culvert.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * TLS on the dialling side. It reads the files of its settings again when they have changed, and
 * resumes a session for every connection but the first, if the server allows it.
 */
public final class TlsClient implements Transport {

  /** Maximum bytes of a server's handshake; certificate chains can be long. */
  public static final int MAX_HANDSHAKE_BYTES = 64 * 1024;

  private final TlsClientSettings settings;
  private final TlsSide side;
  private final ServerName name;
  private final int port;
  private final TlsRuntime runtime;
  private final FileReloader<SSLContext> context;

  /**
   * Reads the files for the first time.
   *
   * @param address address of the server, independent of the route to it
   * @param server names of the peer, for messages
   * @param allowTls12 whether TLS 1.2 is accepted
   * @param warnings receives messages for the user, now and when files have changed: warnings, and
   *     the problem of a changed file that is invalid; its previous version stays in use
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  public TlsClient(
      TlsClientSettings settings,
      HostPort address,
      PeerNames server,
      boolean allowTls12,
      BufferPool pool,
      SettingWarnings warnings) {
    this(settings, address, server, TlsRuntime.of(allowTls12, pool, warnings));
  }

  /**
   * Creates a client; see {@link #TlsClient(TlsClientSettings, HostPort, PeerNames, boolean,
   * BufferPool, SettingWarnings)}.
   */
  TlsClient(TlsClientSettings settings, HostPort address, PeerNames server, TlsRuntime runtime) {
    this.settings = settings;
    this.side = TlsSide.dialling(server, runtime.warnings().names());
    this.name = ServerName.of(settings.serverName().orElse(address.host()));
    this.port = address.port();
    this.runtime = runtime;
    List<Path> files = new ArrayList<>(AuthorityLoader.files(settings.trust()));
    settings.identity().ifPresent(identity -> files.addAll(identity.files()));
    this.context = runtime.reloader(files, this::load);
  }

  private SSLContext load() {
    PeerTrust trust =
        switch (settings.trust()) {
          case TlsTrust.Pins pins -> new PinnedTrust(pins, side);
          case TlsTrust.Authorities given -> authorityTrust(given);
          case TlsTrust.SystemStore system -> authorityTrust(system);
        };
    Optional<LoadedIdentity> identity =
        settings.identity().map(own -> IdentityLoader.load(own, side.names()));
    identity.ifPresent(own -> own.warnings().forEach(runtime.warnings()::warn));
    return TlsContext.of(identity, Optional.of(trust));
  }

  private PeerTrust authorityTrust(TlsTrust trust) {
    return AuthorityTrust.ofServers(side, name, AuthorityLoader.load(trust, side.names()));
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    SSLEngine engine = context.current().createSSLEngine(name.ascii(), port);
    engine.setUseClientMode(true);
    SSLParameters parameters = TlsContext.parameters(engine, runtime.versions());
    // With a pin the name is for the server's choice of a certificate only, and an older server
    // refuses the connection if it has an underscore.
    parameters.setServerNames(name.indication(settings.trust() instanceof TlsTrust.Pins));
    engine.setSSLParameters(parameters);
    return new TlsHandshake(engine, carrier, side, new byte[0], MAX_HANDSHAKE_BYTES)
        .complete(
            runtime.pool(),
            session ->
                Certificates.channelBinding((X509Certificate) session.getPeerCertificates()[0]));
  }
}
