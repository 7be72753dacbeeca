package culvert.testing;

import culvert.config.NoiseSettings;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.config.WebSocketSettings;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The transports between the proxies; both sides have the secret. */
public enum TransportVariant {
  PLAIN(TransportKind.PLAIN),
  NOISE(TransportKind.NOISE),
  NOISE_BY_KEYS(TransportKind.NOISE),
  TLS(TransportKind.TLS),
  WS(TransportKind.WS),
  WSS(TransportKind.WSS);

  private final TransportKind kind;

  TransportVariant(TransportKind kind) {
    this.kind = kind;
  }

  /** Returns options of both sides for this transport, with certificates in {@code folder}. */
  public RolePair.Options options(Path folder) throws Exception {
    var options = new RolePair.Options().transport(kind);
    return switch (this) {
      case PLAIN, NOISE, WS -> options;
      case NOISE_BY_KEYS -> byKeys(options);
      case TLS, WSS -> withCertificate(options, folder);
    };
  }

  private static RolePair.Options byKeys(RolePair.Options options) {
    var protocol = NoiseProtocol.parse(NoiseSettings.DEFAULT_PROTOCOL);
    NoiseKeyPair own = NoiseKeyPair.generate();
    return options.transports(
        byKeys(new NoiseSettings(protocol, Optional.of(own), List.of())),
        byKeys(new NoiseSettings(protocol, Optional.empty(), List.of(own.publicKey()))));
  }

  private static TransportSettings byKeys(NoiseSettings keys) {
    return new TransportSettings(
        Optional.of(TransportKind.NOISE), Optional.of(keys), WebSocketSettings.DEFAULT);
  }

  /** TLS is trusted by the certificate's hash, WebSocket over TLS by the authority. */
  private RolePair.Options withCertificate(RolePair.Options options, Path folder) throws Exception {
    var authority = new TestAuthority("Test CA");
    TestAuthority.Issued issued = authority.issue("remote");
    var identity =
        new TlsIdentity.Pem(
            issued.writeChain(folder.resolve("cert.pem")),
            issued.writeKey(folder.resolve("key.pem")));
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(issued.certificate().getEncoded());
    TlsTrust trust =
        this == TLS
            ? TlsTrust.Pins.of(HexFormat.of().formatHex(hash))
            : new TlsTrust.Authorities(authority.own().writeChain(folder.resolve("ca.pem")));
    return options.tls(
        new TlsServerSettings(identity, Optional.empty()),
        new TlsClientSettings(trust, Optional.empty(), Optional.empty()));
  }
}
