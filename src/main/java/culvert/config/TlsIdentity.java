package culvert.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Where this side's own certificate and its private key are. */
public sealed interface TlsIdentity {

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  Loaded read();

  /** All files that {@link #read} reads. */
  List<Path> files();

  /**
   * What was read.
   *
   * @param key belongs to the first certificate
   * @param chain this side's own certificate first, then those that vouch for it
   * @param warnings lines for a person: a certificate that is out of its time, a key that others on
   *     this machine can read
   */
  record Loaded(PrivateKey key, List<X509Certificate> chain, List<String> warnings) {

    /** Copies the lists. */
    public Loaded {
      chain = List.copyOf(chain);
      warnings = List.copyOf(warnings);
    }

    /** Whose it is; never the key. */
    @Override
    public String toString() {
      return chain.getFirst().getSubjectX500Principal().getName();
    }
  }

  /**
   * Two files in PEM form, which may be one.
   *
   * @param certificate this side's own certificate first, then those that vouch for it ({@code
   *     --tls-cert})
   * @param key its private key, not encrypted ({@code --tls-key})
   */
  record Pem(Path certificate, Path key) implements TlsIdentity {

    private static final String CERTIFICATE_OPTION = "--tls-cert";
    private static final String KEY_OPTION = "--tls-key";

    @Override
    public Loaded read() {
      List<X509Certificate> chain = PemFile.read(CERTIFICATE_OPTION, certificate).certificates();
      PrivateKey read =
          PrivateKeys.read(PemFile.read(KEY_OPTION, key), chain.getFirst().getPublicKey());
      var warnings = new ArrayList<String>();
      outOfTime(CERTIFICATE_OPTION, certificate, chain.getFirst()).ifPresent(warnings::add);
      FilePermissions.of(KEY_OPTION, key).ifPresent(warnings::add);
      return new Loaded(read, chain, warnings);
    }

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

    private static final String OPTION = "--tls-pkcs12";
    private static final String PASSWORD_OPTION = "--tls-password-file";

    @Override
    public Loaded read() {
      byte[] bytes = PemFile.bytes(OPTION, archive);
      char[] secret = secret();
      try {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(bytes), secret);
        return loaded(store, secret);
      } catch (IOException e) {
        throw PemFile.wrong(
            OPTION,
            archive,
            e.getCause() instanceof UnrecoverableKeyException
                ? "the password does not open it"
                    + password.map(file -> ", from " + file).orElse("")
                : "this is no PKCS#12 archive");
      } catch (GeneralSecurityException e) {
        throw PemFile.wrong(OPTION, archive, "it cannot be opened: " + e.getMessage());
      } finally {
        Arrays.fill(secret, '\0');
      }
    }

    private Loaded loaded(KeyStore store, char[] secret) throws GeneralSecurityException {
      var keys = new ArrayList<String>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias) && store.getCertificateChain(alias) != null) {
          keys.add(alias);
        }
      }
      if (keys.size() != 1) {
        throw PemFile.wrong(
            OPTION, archive, "it holds " + keys.size() + " keys with a certificate; one is wanted");
      }
      List<X509Certificate> chain =
          Arrays.stream(store.getCertificateChain(keys.getFirst()))
              .map(X509Certificate.class::cast)
              .toList();
      PrivateKey key = (PrivateKey) store.getKey(keys.getFirst(), secret);
      if (!PrivateKeys.match(key, chain.getFirst().getPublicKey())) {
        throw PemFile.wrong(OPTION, archive, "the private key does not belong to the certificate");
      }
      var warnings = new ArrayList<String>();
      outOfTime(OPTION, archive, chain.getFirst()).ifPresent(warnings::add);
      FilePermissions.of(OPTION, archive).ifPresent(warnings::add);
      password.flatMap(file -> FilePermissions.of(PASSWORD_OPTION, file)).ifPresent(warnings::add);
      return new Loaded(key, chain, warnings);
    }

    private char[] secret() {
      return password
          .map(file ->
              new String(PemFile.bytes(PASSWORD_OPTION, file), StandardCharsets.UTF_8)
                  .lines()
                  .findFirst()
                  .orElse("")
                  .toCharArray())
          .orElse(new char[0]);
    }

    @Override
    public List<Path> files() {
      var files = new ArrayList<Path>(List.of(archive));
      password.ifPresent(files::add);
      return files;
    }
  }

  private static Optional<String> outOfTime(String option, Path file, X509Certificate certificate) {
    Instant now = Instant.now();
    Instant begins = certificate.getNotBefore().toInstant();
    Instant ends = certificate.getNotAfter().toInstant();
    String where = option + " " + file + ": the certificate ";
    if (now.isAfter(ends)) {
      return Optional.of(where + "has expired at " + ends + "; peers will refuse it");
    }
    return now.isBefore(begins)
        ? Optional.of(where + "is not valid before " + begins + "; peers will refuse it")
        : Optional.empty();
  }
}
