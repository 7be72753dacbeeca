package culvert.transport.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Presents the one certificate that this side has whenever a certificate is requested. If it is not
 * acceptable, the peer can reject it.
 */
final class SingleKeyManager extends X509ExtendedKeyManager {

  private static final String ALIAS = "own";

  private final LoadedIdentity identity;
  private final String type;

  SingleKeyManager(LoadedIdentity identity) {
    this.identity = identity;
    this.type = identity.chain().getFirst().getPublicKey().getAlgorithm();
  }

  private String choose(String... types) {
    return Arrays.asList(types).contains(type) ? ALIAS : null;
  }

  @Override
  public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
    return choose(types);
  }

  @Override
  public String chooseEngineServerAlias(String wanted, Principal[] issuers, SSLEngine engine) {
    return choose(wanted);
  }

  @Override
  public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
    return choose(types);
  }

  @Override
  public String chooseServerAlias(String wanted, Principal[] issuers, Socket socket) {
    return choose(wanted);
  }

  @Override
  public String[] getClientAliases(String wanted, Principal[] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String[] getServerAliases(String wanted, Principal[] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identity.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity.key();
  }
}
