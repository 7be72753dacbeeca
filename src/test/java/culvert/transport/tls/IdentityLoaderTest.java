package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.config.TlsIdentity;
import culvert.testing.TestAuthority;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys in every form that tools write, and what is said of those that are not. */
@Timeout(60)
class IdentityLoaderTest {

  @TempDir private Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  private static TestAuthority.Issued own(String algorithm) throws Exception {
    return TestAuthority.selfSigned(new TestAuthority.Wish("server").algorithm(algorithm));
  }

  private TlsIdentity.Pem written(TestAuthority.Issued issued) throws Exception {
    return new TlsIdentity.Pem(
        issued.writeChain(file("cert.pem")), issued.writeKey(file("key.pem")));
  }

  private static void isRefused(TlsIdentity identity, String message) {
    assertThatThrownBy(() -> IdentityLoader.load(identity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void aKeyInPkcs8IsRead(String algorithm) throws Exception {
    var issued = own(algorithm);
    var loaded = IdentityLoader.load(written(issued));
    assertThat(loaded.key()).isEqualTo(issued.keys().getPrivate());
    assertThat(loaded.chain()).containsExactly(issued.certificate());
    assertThat(loaded.warnings()).isEmpty();
  }

  /** What is within PKCS#8 is the older form. */
  @Test
  void anRsaKeyInPkcs1IsRead() throws Exception {
    var issued = own("RSA");
    byte[] pkcs8 = issued.keys().getPrivate().getEncoded();
    // SEQUENCE and length, version, algorithm, OCTET STRING and length.
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 4 + 3 + 15 + 4, pkcs8.length);
    Files.writeString(file("old.pem"), TestAuthority.pem("RSA PRIVATE KEY", pkcs1));
    assertThat(
            IdentityLoader.load(new TlsIdentity.Pem(written(issued).certificate(), file("old.pem")))
                .key())
        .isEqualTo(issued.keys().getPrivate());
  }

  @ParameterizedTest
  @CsvSource({
    "RSA, rsa -traditional -in key.pem -out other.pem",
    "EC, ec -in key.pem -out other.pem",
    "EC, ec -in key.pem -out other.pem -no_public",
    "EC, ec -in key.pem -out other.pem -conv_form compressed",
    "RSA, pkey -in key.pem -out other.pem -text",
    "Ed25519, pkey -in key.pem -out other.pem"
  })
  void keysAreReadAsOpensslWritesThem(String algorithm, String command) throws Exception {
    var issued = own(algorithm);
    Path certificate = written(issued).certificate();
    openssl(command.split(" "));
    var loaded = IdentityLoader.load(new TlsIdentity.Pem(certificate, file("other.pem")));
    assertThat(loaded.key().getAlgorithm()).isEqualTo(issued.keys().getPrivate().getAlgorithm());
  }

  @ParameterizedTest
  @ValueSource(strings = {"prime256v1", "secp384r1", "secp521r1"})
  void aKeyBehindItsCurvesParametersIsRead(String curve) throws Exception {
    openssl("ecparam", "-name", curve, "-genkey", "-out", "key.pem");
    openssl(
        "req", "-x509", "-key", "key.pem", "-subj", "/CN=server", "-days", "9", "-out", "cert.pem");
    assertThat(Files.readString(file("key.pem"))).contains("EC PARAMETERS", "EC PRIVATE KEY");
    var loaded = IdentityLoader.load(new TlsIdentity.Pem(file("cert.pem"), file("key.pem")));
    assertThat(loaded.key().getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void oneFileMayHoldBothAndTextBesideThem() throws Exception {
    var issued = own("EC");
    var separate = written(issued);
    String both =
        "Bag Attributes\r\n    friendlyName: server\r\n"
            + Files.readString(separate.key())
            + "\nsubject=CN = server\n"
            + Files.readString(separate.certificate()).replace("\n", "\r\n");
    Path one = Files.writeString(file("both.pem"), both);
    Files.setPosixFilePermissions(one, PosixFilePermissions.fromString("rw-------"));
    assertThat(IdentityLoader.load(new TlsIdentity.Pem(one, one)).key())
        .isEqualTo(issued.keys().getPrivate());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pkey -in key.pem -aes256 -passout pass:x -out locked.pem",
        "rsa -in key.pem -traditional -aes256 -passout pass:x -out locked.pem"
      })
  void anEncryptedKeyIsRefusedWithAWayOut(String command) throws Exception {
    Path certificate = written(own("RSA")).certificate();
    openssl(command.split(" "));
    isRefused(
        new TlsIdentity.Pem(certificate, file("locked.pem")),
        "--tls-key "
            + file("locked.pem")
            + ": the private key is encrypted; write it without a password by 'openssl pkey', or "
            + "keep it in an archive with --tls-pkcs12 and --tls-password-file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void aKeyOfAnotherCertificateIsRefused(String algorithm) throws Exception {
    Path certificate = own(algorithm).writeChain(file("cert.pem"));
    Path key = own(algorithm).writeKey(file("key.pem"));
    isRefused(
        new TlsIdentity.Pem(certificate, key),
        "--tls-key " + key + ": the private key does not belong to the (first) certificate");
  }

  @Test
  void aKeyOfAnotherKindIsRefused() throws Exception {
    Path certificate = own("RSA").writeChain(file("cert.pem"));
    Path key = own("EC").writeKey(file("key.pem"));
    isRefused(
        new TlsIdentity.Pem(certificate, key),
        "--tls-key "
            + key
            + ": the private key is damaged or of another kind than the certificate's, RSA");
  }

  @Test
  void filesThatAreNotThereOrNoPemAreNamed() throws Exception {
    var good = written(own("EC"));
    Path missing = file("missing.pem");
    isRefused(
        new TlsIdentity.Pem(missing, good.key()),
        "--tls-cert " + missing + ": there is no such file");
    isRefused(
        new TlsIdentity.Pem(good.certificate(), missing),
        "--tls-key " + missing + ": there is no such file");
    isRefused(
        new TlsIdentity.Pem(good.key(), good.key()),
        "--tls-cert "
            + good.key()
            + ": no certificate is in it in PEM form (-----BEGIN CERTIFICATE-----)");
    isRefused(
        new TlsIdentity.Pem(good.certificate(), good.certificate()),
        "--tls-key "
            + good.certificate()
            + ": no private key is in it in PEM form (-----BEGIN PRIVATE KEY-----)");
    assertThatThrownBy(() -> IdentityLoader.load(new TlsIdentity.Pem(folder, good.key())))
        .hasMessageStartingWith("--tls-cert " + folder + ": the file cannot be read");
  }

  @Test
  void damagedBlocksAreNamed() throws Exception {
    var good = written(own("EC"));
    String text = Files.readString(good.certificate());
    Files.writeString(file("bad64.pem"), text.replaceFirst("MI", "M!"));
    isRefused(
        new TlsIdentity.Pem(file("bad64.pem"), good.key()),
        "--tls-cert " + file("bad64.pem") + ": the block 'CERTIFICATE' is damaged");
    Files.writeString(file("cut.pem"), text + text.replaceFirst("\n[A-Za-z0-9+/]{64}\n", "\n"));
    isRefused(
        new TlsIdentity.Pem(file("cut.pem"), good.key()),
        "--tls-cert " + file("cut.pem") + ": certificate 2 in it is damaged");
  }

  @Test
  void aKeyThatOthersMayReadIsAWarning() throws Exception {
    var identity = written(own("EC"));
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----")) {
      Files.setPosixFilePermissions(identity.key(), PosixFilePermissions.fromString(mode));
      assertThat(IdentityLoader.load(identity).warnings())
          .as(mode)
          .containsExactly(
              "--tls-key "
                  + identity.key()
                  + ": others on this machine may use the file; 'chmod 600' it");
    }
  }

  @Test
  void anExpiredCertificateIsAWarning() throws Exception {
    Instant end = Instant.parse("2020-01-02T03:04:05Z");
    var wish = new TestAuthority.Wish("server").time(end.minus(Duration.ofDays(1)), end);
    var identity = written(TestAuthority.selfSigned(wish));
    assertThat(IdentityLoader.load(identity).warnings())
        .containsExactly(
            "--tls-cert "
                + identity.certificate()
                + ": the certificate has expired at 2020-01-02T03:04:05Z; peers will refuse it");
  }

  @Test
  void anArchiveIsReadWithThePasswordsFirstLine() throws Exception {
    var issued = new TestAuthority("CA").below("Issuing").issue("server");
    // Java 21 takes ASCII passwords only.
    String text = Runtime.version().feature() > 21 ? "geheim ß" : "geheim";
    Path archive = archive(issued, text);
    Path password = secret(text + "\r\nsecond line\n");
    var loaded = IdentityLoader.load(new TlsIdentity.Pkcs12(archive, Optional.of(password)));
    assertThat(loaded.key()).isEqualTo(issued.keys().getPrivate());
    assertThat(loaded.chain()).isEqualTo(issued.chain());
    assertThat(loaded.warnings()).isEmpty();
  }

  @Test
  void anArchiveThatDoesNotOpenIsNamedButNotItsPassword() throws Exception {
    Path archive = archive(own("EC"), "right");
    Path password = secret("hunter2");
    isRefused(
        new TlsIdentity.Pkcs12(archive, Optional.of(password)),
        "--tls-pkcs12 " + archive + ": the password does not open it, from " + password);
    isRefused(
        new TlsIdentity.Pkcs12(archive, Optional.empty()),
        "--tls-pkcs12 " + archive + ": the password does not open it");
    isRefused(
        new TlsIdentity.Pkcs12(password, Optional.empty()),
        "--tls-pkcs12 " + password + ": this is no PKCS#12 archive");
    isRefused(
        new TlsIdentity.Pkcs12(archive, Optional.of(file("none"))),
        "--tls-password-file " + file("none") + ": there is no such file");
    isRefused(
        new TlsIdentity.Pkcs12(file("none"), Optional.empty()),
        "--tls-pkcs12 " + file("none") + ": there is no such file");
  }

  @Test
  void anArchiveWithoutAKeyOrWithTwoIsRefused() throws Exception {
    KeyStore store = store();
    store.setCertificateEntry("only", own("EC").certificate());
    Path none = write(store, "x");
    Optional<Path> password = Optional.of(secret("x"));
    isRefused(
        new TlsIdentity.Pkcs12(none, password),
        "--tls-pkcs12 " + none + ": it holds 0 keys with a certificate; one is wanted");
    for (String alias : List.of("one", "two")) {
      var issued = own("EC");
      store.setKeyEntry(
          alias,
          issued.keys().getPrivate(),
          "x".toCharArray(),
          new X509Certificate[] {issued.certificate()});
    }
    Path two = write(store, "x");
    isRefused(
        new TlsIdentity.Pkcs12(two, password),
        "--tls-pkcs12 " + two + ": it holds 2 keys with a certificate; one is wanted");
  }

  @Test
  void anArchiveThatOthersMayReadIsAWarning() throws Exception {
    Path archive = archive(own("EC"), "x");
    Path password = secret("x");
    Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(
            IdentityLoader.load(new TlsIdentity.Pkcs12(archive, Optional.of(password))).warnings())
        .extracting(line -> line.substring(0, line.indexOf(':')))
        .containsExactly("--tls-pkcs12 " + archive, "--tls-password-file " + password);
  }

  /** The older forms are what old tools, and OpenSSL with -legacy, still write. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " -legacy",
        " -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        " -keypbe AES-128-CBC -certpbe NONE"
      })
  void archivesAreReadAsOpensslWritesThem(String options) throws Exception {
    var issued = own("RSA");
    written(issued);
    String command =
        "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:old -out id.p12" + options;
    openssl(command.split(" "));
    var identity = new TlsIdentity.Pkcs12(file("id.p12"), Optional.of(secret("old")));
    assertThat(IdentityLoader.load(identity).key()).isEqualTo(issued.keys().getPrivate());
  }

  private Path archive(TestAuthority.Issued issued, String password) throws Exception {
    KeyStore store = store();
    store.setKeyEntry(
        "server",
        issued.keys().getPrivate(),
        password.toCharArray(),
        issued.chain().toArray(X509Certificate[]::new));
    return write(store, password);
  }

  private static KeyStore store() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private Path write(KeyStore store, String password) throws Exception {
    Path archive = file("identity.p12");
    try (OutputStream out = Files.newOutputStream(archive)) {
      store.store(out, password.toCharArray());
    }
    return Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-------"));
  }

  private Path secret(String text) throws IOException {
    Path path = Files.writeString(file("password"), text);
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
  }

  private void openssl(String... arguments) throws Exception {
    var command = new ArrayList<String>(List.of("openssl"));
    command.addAll(List.of(arguments));
    Process process;
    try {
      process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "openssl is not installed");
      return;
    }
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
  }
}
