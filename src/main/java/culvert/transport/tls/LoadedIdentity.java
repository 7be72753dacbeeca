package culvert.transport.tls;

import culvert.setting.SettingMessage;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A certificate and its private key, read from files.
 *
 * @param key the private key of the first certificate
 * @param chain this side's certificate, followed by the certificates of its issuers
 * @param warnings lines for the user: a certificate outside its period of validity, a key that
 *     other users of the host can read
 */
record LoadedIdentity(PrivateKey key, List<X509Certificate> chain, List<SettingMessage> warnings) {

  LoadedIdentity {
    chain = List.copyOf(chain);
    warnings = List.copyOf(warnings);
  }

  /** Returns the subject's name, never the key. */
  @Override
  public String toString() {
    return chain.getFirst().getSubjectX500Principal().getName();
  }
}
