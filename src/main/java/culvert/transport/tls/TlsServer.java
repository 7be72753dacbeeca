package culvert.transport.tls;

import culvert.config.TlsServerSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.protocol.ExpectedPeer;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.setting.SettingWarnings;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * TLS on the accepting side. It reads the certificate again when its files have changed;
 * established connections keep theirs. A client that connects again resumes its session.
 */
public final class TlsServer implements Transport {

  /** Maximum bytes of an unauthenticated client's handshake. */
  public static final int MAX_HANDSHAKE_BYTES = 16 * 1024;

  /** Bytes that identify another protocol; every ClientHello is longer. */
  private static final int FIRST_BYTES = 8;

  /**
   * Values built from one version of the files.
   *
   * @param channelBinding of every connection of this context, resumed or not
   */
  private record Loaded(SSLContext context, byte[] channelBinding) {}

  private final TlsServerSettings settings;
  private final TlsSide side;
  private final TlsRuntime runtime;
  private final FileReloader<Loaded> loaded;

  /**
   * Reads the files for the first time.
   *
   * @param client names of the peers, for messages
   * @param allowTls12 whether peers that support nothing newer than TLS 1.2 are accepted
   * @param warnings receives messages for the user, now and when files have changed: warnings, such
   *     as of an expired certificate, and the problem of a changed file that is invalid; its
   *     previous version stays in use
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  public TlsServer(
      TlsServerSettings settings,
      PeerNames client,
      boolean allowTls12,
      BufferPool pool,
      SettingWarnings warnings) {
    this(settings, client, TlsRuntime.of(allowTls12, pool, warnings));
  }

  /**
   * Creates a server; see {@link #TlsServer(TlsServerSettings, PeerNames, boolean, BufferPool,
   * SettingWarnings)}.
   */
  TlsServer(TlsServerSettings settings, PeerNames client, TlsRuntime runtime) {
    this.settings = settings;
    this.side = TlsSide.accepting(client, runtime.warnings().names());
    this.runtime = runtime;
    List<Path> files = new ArrayList<>(settings.identity().files());
    settings.clientAuthorities().ifPresent(files::add);
    this.loaded = runtime.reloader(files, this::load);
  }

  private Loaded load() {
    LoadedIdentity identity = IdentityLoader.load(settings.identity(), side.names());
    Optional<PeerTrust> trust =
        settings.clientAuthorities().isEmpty()
            ? Optional.empty()
            : Optional.of(AuthorityTrust.ofClients(side, AuthorityLoader.load(settings)));
    identity.warnings().forEach(runtime.warnings()::warn);
    return new Loaded(
        TlsContext.of(Optional.of(identity), trust),
        Certificates.channelBinding(identity.chain().getFirst()));
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    byte[] first = readFirst(carrier);
    Loaded current = loaded.current();
    SSLEngine engine = current.context().createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = TlsContext.parameters(engine, runtime.versions());
    parameters.setUseCipherSuitesOrder(true);
    parameters.setNeedClientAuth(settings.clientAuthorities().isPresent());
    engine.setSSLParameters(parameters);
    return new TlsHandshake(engine, carrier, side, first, MAX_HANDSHAKE_BYTES)
        .complete(runtime.pool(), session -> current.channelBinding());
  }

  private byte[] readFirst(Connection carrier) throws IOException {
    byte[] first = carrier.input().readNBytes(FIRST_BYTES);
    if (first.length == 0) {
      throw new EOFException("closed before a first byte");
    }
    ForeignPeer peer = ForeignPeer.of(first);
    if (peer != ForeignPeer.TLS || first.length < FIRST_BYTES) {
      throw new ForeignPeerException(peer, ExpectedPeer.TLS, side.names());
    }
    return first;
  }
}
