package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreSecret;
import culvert.config.BoreServerSettings;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.net.HostPort;
import culvert.remote.RemoteProxy;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A reload fails that adds the server for bore's clients to a running remote proxy. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class FailedReloadTest {

  @TempDir private Path folder;

  private static RolePair.Options options(String secret) {
    var anyPort = new HostPort("127.0.0.1", 0);
    return new RolePair.Options()
        .bore(new BoreServerSettings(anyPort, List.of(BoreSecret.of(secret))), BoreServer.PORTS);
  }

  /** The settings of the origin proxies' transport are invalid. */
  private RolePair.Options withoutCertificate(RolePair.Options options) {
    Path missing = folder.resolve("missing.pem");
    var server = new TlsServerSettings(new TlsIdentity.Pem(missing, missing), Optional.empty());
    return options.transport(TransportKind.TLS).tls(server, TlsClientSettings.DEFAULT);
  }

  @Test
  void secretOfAReloadThatFailedIsNotAccepted() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(new RolePair.Options())) {
      var invalid = withoutCertificate(options("abc")).remoteSettings();
      assertThatThrownBy(() -> remote.reload(invalid)).hasMessageContaining("missing.pem");
      remote.reload(options("abd").remoteSettings());
      HostPort address = remote.boreAddress();
      try (var old =
              new Client(address, server.address(), new Client.Options().secret("abc").once());
          var current = new Client(address, server.address(), new Client.Options().secret("abd"))) {
        old.end();
        old.awaitLog("invalid secret");
        current.announced();
      }
    }
  }
}
