package culvert.config;

import culvert.protocol.PeerNames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** By what the dialling side knows that a certificate is the remote proxy's. */
public sealed interface TlsTrust {

  /**
   * Authorities, one of which must vouch for the certificate; none for the JVM's own.
   *
   * @param names of the peer, for messages
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  List<X509Certificate> authorities(PeerNames names);

  /** All files that {@link #authorities} reads. */
  List<Path> files();

  /**
   * One of these authorities must vouch for it, and it must bear the server's name.
   *
   * @param file certificates in PEM form ({@code --tls-ca}); one that is signed by itself may be
   *     the server's own
   */
  record Authorities(Path file) implements TlsTrust {
    @Override
    public List<X509Certificate> authorities(PeerNames names) {
      return PemFile.read(names.option("tls-ca"), file).certificates();
    }

    @Override
    public List<Path> files() {
      return List.of(file);
    }
  }

  /**
   * One of the system's authorities must vouch for it, and it must bear the server's name.
   *
   * @param file where they are, if not where systems usually have them ({@code SSL_CERT_FILE})
   */
  record SystemStore(Optional<Path> file) implements TlsTrust {

    /** Debian, Fedora, Red Hat, openSUSE; Alpine, BSD and macOS have the last. */
    private static final List<Path> USUAL =
        List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    @Override
    public List<X509Certificate> authorities(PeerNames names) {
      if (file.isPresent()) {
        return PemFile.read("SSL_CERT_FILE", file.get()).certificates();
      }
      return files().stream()
          .flatMap(usual -> PemFile.read("the system's", usual).readableCertificates().stream())
          .toList();
    }

    @Override
    public List<Path> files() {
      return file.or(() -> USUAL.stream().filter(Files::isReadable).findFirst()).stream().toList();
    }
  }

  /**
   * It is this certificate. That decides alone: its name, its issuer and its time do not count,
   * since whoever pins a certificate has seen it.
   *
   * @param sha256 of its DER form, in 64 small hexadecimal digits ({@code --tls-pin})
   */
  record Pin(String sha256) implements TlsTrust {

    private static final int DIGITS = 64;

    /**
     * Takes the hash with or without colons, and the whole line as {@code openssl x509 -noout
     * -fingerprint -sha256} prints it.
     *
     * @throws IllegalArgumentException if it is none
     */
    public Pin {
      String digits = sha256.substring(sha256.indexOf('=') + 1).replace(":", "").strip();
      if (digits.length() != DIGITS || !digits.chars().allMatch(HexFormat::isHexDigit)) {
        throw new IllegalArgumentException(
            "--tls-pin: '"
                + sha256
                + "' is no SHA-256 hash of a certificate: 64 hexadecimal digits, as 'openssl x509"
                + " -noout -fingerprint -sha256' prints them");
      }
      sha256 = digits.toLowerCase(Locale.ROOT);
    }

    /** The hash. */
    public byte[] bytes() {
      return HexFormat.of().parseHex(sha256);
    }

    @Override
    public List<X509Certificate> authorities(PeerNames names) {
      return List.of();
    }

    @Override
    public List<Path> files() {
      return List.of();
    }
  }
}
