package culvert.transport.tls;

import culvert.config.TlsServerSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * TLS on the accepting side. The certificate is read again when its files have changed; connections
 * that stand keep theirs. Who comes again resumes its session.
 */
public final class TlsServer implements Transport {

  /** Most bytes that are taken from a stranger before the handshake is done. */
  public static final int MAX_HANDSHAKE_BYTES = 16 * 1024;

  /** What names a stranger; every ClientHello is longer. */
  private static final int FIRST_BYTES = 8;

  private static final Duration LOOK_PERIOD = Duration.ofSeconds(1);

  /**
   * What one version of the files came to.
   *
   * @param binding of every connection that is made with it, resumed or not
   */
  private record Served(SSLContext context, byte[] binding) {}

  private final TlsServerSettings settings;
  private final TlsSide side;
  private final List<String> versions;
  private final BufferPool pool;
  private final Consumer<String> complaints;
  private final FileReloader<Served> served;

  /**
   * Reads the files for the first time.
   *
   * @param client names of the peers, for messages
   * @param older whether peers that speak no more than TLS 1.2 are taken too
   * @param complaints takes lines for a person, now and when files have changed: warnings, such as
   *     of a certificate that has expired, and what is wrong with a new file, in whose place the
   *     old one stays
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  public TlsServer(
      TlsServerSettings settings,
      PeerNames client,
      boolean older,
      BufferPool pool,
      Consumer<String> complaints) {
    this(settings, client, TlsContext.versions(older), pool, complaints, LOOK_PERIOD);
  }

  /** The same with these versions, looking after the files as often as said. */
  TlsServer(
      TlsServerSettings settings,
      PeerNames client,
      List<String> versions,
      BufferPool pool,
      Consumer<String> complaints,
      Duration lookPeriod) {
    this.settings = settings;
    this.side = TlsSide.accepting(client);
    this.versions = versions;
    this.pool = pool;
    this.complaints = complaints;
    List<Path> files = new ArrayList<>(settings.identity().files());
    settings.clientAuthorities().ifPresent(files::add);
    this.served = new FileReloader<>(files, this::read, complaints, lookPeriod);
  }

  private Served read() {
    LoadedIdentity identity = IdentityLoader.load(settings.identity());
    Optional<PeerTrust> trust =
        settings.clientAuthorities().isEmpty()
            ? Optional.empty()
            : Optional.of(new AuthorityTrust(side, AuthorityLoader.load(settings)));
    identity.warnings().forEach(complaints);
    return new Served(
        TlsContext.of(Optional.of(identity), trust),
        Certificates.binding(identity.chain().getFirst()));
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    byte[] first = first(carrier);
    Served now = served.current();
    SSLEngine engine = now.context().createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = TlsContext.parameters(engine, versions);
    parameters.setUseCipherSuitesOrder(true);
    parameters.setNeedClientAuth(settings.clientAuthorities().isPresent());
    engine.setSSLParameters(parameters);
    return new TlsHandshake(engine, carrier, side, first, MAX_HANDSHAKE_BYTES)
        .connection(pool, session -> now.binding());
  }

  private byte[] first(Connection carrier) throws IOException {
    byte[] first = carrier.input().readNBytes(FIRST_BYTES);
    if (first.length == 0) {
      throw new EOFException("closed before a first byte");
    }
    ForeignPeer peer = ForeignPeer.of(first);
    if (peer != ForeignPeer.TLS || first.length < FIRST_BYTES) {
      throw new ForeignPeerException(peer, "a TLS client", side.names());
    }
    return first;
  }
}
