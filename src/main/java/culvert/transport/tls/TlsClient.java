package culvert.transport.tls;

import culvert.config.TlsClientSettings;
import culvert.config.TlsTrust;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * TLS on the dialling side. The files of its settings are read again when they have changed. Every
 * connection but the first resumes a session where the server allows it.
 */
public final class TlsClient implements Transport {

  /** Most bytes that are taken from a server before the handshake is done; chains can be long. */
  public static final int MAX_HANDSHAKE_BYTES = 64 * 1024;

  private static final Duration LOOK_PERIOD = Duration.ofSeconds(1);

  private final TlsClientSettings settings;
  private final TlsSide side;
  private final String name;
  private final int port;
  private final List<String> versions;
  private final BufferPool pool;
  private final Consumer<String> complaints;
  private final FileReloader<SSLContext> context;

  /**
   * Reads the files for the first time.
   *
   * @param address what is dialled, however the connections get there
   * @param server names of the peer, for messages
   * @param older whether TLS 1.2 is good enough
   * @param complaints takes lines for a person, now and when files have changed: warnings, and what
   *     is wrong with a new file, in whose place the old one stays
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  public TlsClient(
      TlsClientSettings settings,
      HostPort address,
      PeerNames server,
      boolean older,
      BufferPool pool,
      Consumer<String> complaints) {
    this(settings, address, server, TlsContext.versions(older), pool, complaints, LOOK_PERIOD);
  }

  /** The same with these versions, looking after the files as often as said. */
  TlsClient(
      TlsClientSettings settings,
      HostPort address,
      PeerNames server,
      List<String> versions,
      BufferPool pool,
      Consumer<String> complaints,
      Duration lookPeriod) {
    this.settings = settings;
    this.side = TlsSide.dialling(server);
    this.name = settings.serverName().orElse(address.host());
    this.port = address.port();
    this.versions = versions;
    this.pool = pool;
    this.complaints = complaints;
    List<Path> files = new ArrayList<>(AuthorityLoader.files(settings.trust()));
    settings.identity().ifPresent(identity -> files.addAll(identity.files()));
    this.context = new FileReloader<>(files, this::read, complaints, lookPeriod);
  }

  private SSLContext read() {
    PeerTrust trust =
        switch (settings.trust()) {
          case TlsTrust.Pin pin -> new PinnedTrust(pin, side.names());
          case TlsTrust.Authorities given -> authorities(given);
          case TlsTrust.SystemStore system -> authorities(system);
        };
    Optional<LoadedIdentity> identity = settings.identity().map(IdentityLoader::load);
    identity.ifPresent(own -> own.warnings().forEach(complaints));
    return TlsContext.of(identity, Optional.of(trust));
  }

  private PeerTrust authorities(TlsTrust trust) {
    return new AuthorityTrust(side, AuthorityLoader.load(trust, side.names()));
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    SSLEngine engine = context.current().createSSLEngine(name, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = TlsContext.parameters(engine, versions);
    parameters.setServerNames(serverNames());
    if (!(settings.trust() instanceof TlsTrust.Pin)) {
      // The rules by which names match, RFC 2818's; nothing else of HTTP.
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    engine.setSSLParameters(parameters);
    return new TlsHandshake(engine, carrier, side, new byte[0], MAX_HANDSHAKE_BYTES)
        .connection(
            pool,
            session -> Certificates.binding((X509Certificate) session.getPeerCertificates()[0]));
  }

  /** An address is never sent as a name (RFC 6066, 3), nor what no certificate could bear. */
  private List<SNIServerName> serverNames() {
    if (name.indexOf(':') >= 0 || name.matches("[0-9.]+")) {
      return List.of();
    }
    try {
      return List.of(new SNIHostName(name));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }
}
