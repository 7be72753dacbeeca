package culvert.transport.tls;

import culvert.config.FilePermissions;
import culvert.config.SettingFile;
import culvert.config.TlsIdentity;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Reads the certificate and the private key of a PKCS#12 archive (RFC 7292). */
final class Pkcs12Archive {

  private final TlsIdentity.Pkcs12 files;
  private final Setting ofArchive;
  private final Setting ofPassword;

  private Pkcs12Archive(TlsIdentity.Pkcs12 files, PeerNames peer) {
    this.files = files;
    this.ofArchive = peer.setting(Setting.TLS_PKCS12);
    this.ofPassword = peer.setting(Setting.TLS_PASSWORD_FILE);
  }

  /**
   * Reads an archive that holds exactly one key with a certificate.
   *
   * @param peer names of the other side, which select the settings of the files
   * @throws IllegalArgumentException with one line that names the option, the file and the problem,
   *     never the password
   */
  static LoadedIdentity load(TlsIdentity.Pkcs12 files, PeerNames peer) {
    return new Pkcs12Archive(files, peer).load();
  }

  private LoadedIdentity load() {
    byte[] bytes = SettingFile.bytes(ofArchive, files.archive(), PemFile.MAX_BYTES);
    char[] password = password();
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), password);
      return identity(store, password);
    } catch (IOException e) {
      throw invalid(
          e.getCause() instanceof UnrecoverableKeyException
              ? files.password().map(file -> "the password in " + file).orElse("an empty password")
                  + " does not open it"
              : "the file is not a PKCS#12 archive");
    } catch (GeneralSecurityException e) {
      throw invalid("it cannot be opened: " + e.getMessage());
    } finally {
      Arrays.fill(password, '\0');
    }
  }

  private LoadedIdentity identity(KeyStore store, char[] password) throws GeneralSecurityException {
    String alias = onlyKey(store);
    List<X509Certificate> chain =
        Arrays.stream(store.getCertificateChain(alias)).map(X509Certificate.class::cast).toList();
    PrivateKeys.curveProblem(chain.getFirst().getPublicKey())
        .ifPresent(problem -> {
          throw invalid(problem);
        });
    PrivateKey key = (PrivateKey) store.getKey(alias, password);
    if (!PrivateKeys.isPair(key, chain.getFirst().getPublicKey())) {
      throw invalid("the private key does not match the certificate");
    }
    return new LoadedIdentity(key, chain, warnings(chain.getFirst()));
  }

  private String onlyKey(KeyStore store) throws GeneralSecurityException {
    var keys = new ArrayList<String>();
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias) && store.getCertificateChain(alias) != null) {
        keys.add(alias);
      }
    }
    if (keys.size() != 1) {
      throw invalid("it holds " + keys.size() + " keys with a certificate; expected one");
    }
    return keys.getFirst();
  }

  private List<SettingMessage> warnings(X509Certificate certificate) {
    var warnings = new ArrayList<SettingMessage>();
    Path archive = files.archive();
    IdentityLoader.validityWarning(ofArchive, archive, certificate).ifPresent(warnings::add);
    FilePermissions.of(ofArchive, archive).ifPresent(warnings::add);
    files.password().flatMap(file -> FilePermissions.of(ofPassword, file)).ifPresent(warnings::add);
    return warnings;
  }

  private char[] password() {
    return files
        .password()
        .map(file ->
            SettingFile.text(ofPassword, file, PemFile.MAX_BYTES)
                .lines()
                .findFirst()
                .orElse("")
                .toCharArray())
        .orElse(new char[0]);
  }

  private IllegalArgumentException invalid(String problem) {
    return SettingFile.invalid(ofArchive, files.archive(), problem);
  }
}
