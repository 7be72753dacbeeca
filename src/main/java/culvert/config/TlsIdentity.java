package culvert.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files that hold this side's certificate and its private key. */
public sealed interface TlsIdentity {

  /** Returns all files, including one that holds a password. */
  List<Path> files();

  /**
   * Two files in PEM form, which may be the same file.
   *
   * @param certificate this side's certificate, followed by the certificates of its issuers ({@code
   *     --tls-cert})
   * @param key its private key, not encrypted ({@code --tls-key})
   */
  record Pem(Path certificate, Path key) implements TlsIdentity {

    @Override
    public List<Path> files() {
      return List.of(certificate, key);
    }
  }

  /**
   * One PKCS#12 archive (RFC 7292) that holds one key.
   *
   * @param archive the archive ({@code --tls-pkcs12})
   * @param password a file whose first line is the archive's password ({@code
   *     --tls-password-file}); without one the password is empty
   */
  record Pkcs12(Path archive, Optional<Path> password) implements TlsIdentity {

    @Override
    public List<Path> files() {
      return Stream.concat(Stream.of(archive), password.stream()).toList();
    }
  }
}
