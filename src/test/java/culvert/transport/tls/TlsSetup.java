package culvert.transport.tls;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import culvert.setting.SettingWarnings;
import culvert.testing.TestAuthority;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A certificate authority, and both sides of TLS with certificates issued by it, for a test. */
final class TlsSetup {

  static final HostPort ADDRESS = new HostPort("localhost", 7835);

  final Path folder;
  final BufferPool pool = new BufferPool();
  final TestAuthority authority;
  final Path ca;

  /** Warnings of either side. */
  final List<SettingMessage> warnings = new CopyOnWriteArrayList<>();

  /** Names of settings in messages of both sides. */
  SettingNames names = SettingNames.FLAGS;

  TlsSetup(Path folder) throws Exception {
    this.folder = folder;
    this.authority = new TestAuthority("Test CA");
    this.ca = authority.own().writeChain(folder.resolve("ca.pem"));
  }

  /** Writes a certificate and its key to {@code NAME.pem} and {@code NAME.key}. */
  TlsIdentity write(String name, TestAuthority.Issued issued) throws Exception {
    return new TlsIdentity.Pem(
        issued.writeChain(folder.resolve(name + ".pem")),
        issued.writeKey(folder.resolve(name + ".key")));
  }

  /** Returns an identity that the authority issued for localhost. */
  TlsIdentity good() throws Exception {
    return write("good", authority.issue("server"));
  }

  TlsServer server(TlsIdentity identity) {
    return server(new TlsServerSettings(identity, Optional.empty()), TlsContext.TLS_13);
  }

  /** Returns a server that requires client certificates issued by the authority. */
  TlsServer serverRequiringCertificates(TlsIdentity identity) {
    return server(new TlsServerSettings(identity, Optional.of(ca)), TlsContext.TLS_13);
  }

  /** Returns a server that checks its files at every handshake. */
  TlsServer server(TlsServerSettings settings, String... versions) {
    return new TlsServer(
        settings,
        PeerNames.ORIGIN_PROXY,
        new TlsRuntime(List.of(versions), pool, reported(), Duration.ZERO));
  }

  private SettingWarnings reported() {
    return new SettingWarnings() {
      @Override
      public void warn(SettingMessage message) {
        warnings.add(message);
      }

      @Override
      public SettingNames names() {
        return names;
      }
    };
  }

  TlsClient client() {
    return client(new TlsTrust.Authorities(ca), Optional.empty());
  }

  TlsClient client(TlsTrust trust, Optional<TlsIdentity> identity) {
    return client(new TlsClientSettings(trust, Optional.empty(), identity), ADDRESS);
  }

  TlsClient client(TlsClientSettings settings, HostPort address, String... versions) {
    List<String> enabled = versions.length == 0 ? List.of(TlsContext.TLS_13) : List.of(versions);
    return new TlsClient(
        settings,
        address,
        PeerNames.REMOTE_PROXY,
        new TlsRuntime(enabled, pool, reported(), Duration.ZERO));
  }
}
