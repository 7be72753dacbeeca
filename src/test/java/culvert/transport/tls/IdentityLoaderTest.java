package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.config.TlsIdentity;
import culvert.protocol.PeerNames;
import culvert.setting.SettingMessage;
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

/** Certificates and keys in every form that tools write, and the messages for invalid files. */
@Timeout(60)
class IdentityLoaderTest {

  @TempDir private Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  private static TestAuthority.Issued selfSigned(String algorithm) throws Exception {
    return TestAuthority.selfSigned(new TestAuthority.Wish("server").algorithm(algorithm));
  }

  private TlsIdentity.Pem pem(TestAuthority.Issued issued) throws Exception {
    return new TlsIdentity.Pem(
        issued.writeChain(file("cert.pem")), issued.writeKey(file("key.pem")));
  }

  private static void assertRejected(TlsIdentity identity, String message) {
    assertThatThrownBy(() -> load(identity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void loaderReadsPkcs8Key(String algorithm) throws Exception {
    var issued = selfSigned(algorithm);
    var loaded = load(pem(issued));
    assertThat(loaded.key()).isEqualTo(issued.keys().getPrivate());
    assertThat(loaded.chain()).containsExactly(issued.certificate());
    assertThat(loaded.warnings()).isEmpty();
  }

  /** PKCS#8 wraps the older form. */
  @Test
  void loaderReadsPkcs1RsaKey() throws Exception {
    var issued = selfSigned("RSA");
    byte[] pkcs8 = issued.keys().getPrivate().getEncoded();
    // SEQUENCE and length, version, algorithm, OCTET STRING and length.
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 4 + 3 + 15 + 4, pkcs8.length);
    Files.writeString(file("old.pem"), TestAuthority.pem("RSA PRIVATE KEY", pkcs1));
    assertThat(load(new TlsIdentity.Pem(pem(issued).certificate(), file("old.pem"))).key())
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
  void loaderReadsKeysWrittenByOpenssl(String algorithm, String command) throws Exception {
    var issued = selfSigned(algorithm);
    Path certificate = pem(issued).certificate();
    openssl(command.split(" "));
    var loaded = load(new TlsIdentity.Pem(certificate, file("other.pem")));
    assertThat(loaded.key().getAlgorithm()).isEqualTo(issued.keys().getPrivate().getAlgorithm());
  }

  @ParameterizedTest
  @ValueSource(strings = {"prime256v1", "secp384r1", "secp521r1"})
  void loaderReadsKeyAfterCurveParameters(String curve) throws Exception {
    openssl("ecparam", "-name", curve, "-genkey", "-out", "key.pem");
    openssl(
        "req", "-x509", "-key", "key.pem", "-subj", "/CN=server", "-days", "9", "-out", "cert.pem");
    assertThat(Files.readString(file("key.pem"))).contains("EC PARAMETERS", "EC PRIVATE KEY");
    var loaded = load(new TlsIdentity.Pem(file("cert.pem"), file("key.pem")));
    assertThat(loaded.key().getAlgorithm()).isEqualTo("EC");
  }

  /** Each row: the curve, and how OpenSSL writes it into the key and the certificate. */
  @ParameterizedTest
  @CsvSource({
    "secp256k1, named_curve, is on the curve secp256k1",
    "brainpoolP256r1, named_curve, is on the curve brainpoolP256r1",
    "sect283k1, named_curve, is on the curve 1.3.132.0.16",
    "prime256v1, explicit, has a curve given by its parameters"
  })
  void curveThatTheJvmLacksIsNamed(String curve, String form, String problem) throws Exception {
    openssl(
        ("req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:%s -pkeyopt ec_param_enc:%s"
                + " -keyout odd.key -subj /CN=server -days 9 -out odd.pem")
            .formatted(curve, form)
            .split(" "));
    openssl("pkcs12 -export -inkey odd.key -in odd.pem -passout pass: -out archive.p12".split(" "));
    var identities =
        new ArrayList<TlsIdentity>(List.of(new TlsIdentity.Pem(file("odd.pem"), file("odd.key"))));
    if (form.equals("named_curve")) {
      identities.add(new TlsIdentity.Pkcs12(file("archive.p12"), Optional.empty()));
    }
    for (TlsIdentity identity : identities) {
      assertThatThrownBy(() -> load(identity))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the certificate's key " + problem)
          .hasMessageNotContaining("match");
    }
    var good = pem(selfSigned("EC"));
    assertThatThrownBy(() -> load(new TlsIdentity.Pem(good.certificate(), file("odd.key"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the private key " + problem);
  }

  @Test
  void loaderReadsCertificateAndKeyFromOneFileWithOtherText() throws Exception {
    var issued = selfSigned("EC");
    var separate = pem(issued);
    String both =
        "Bag Attributes\r\n    friendlyName: server\r\n"
            + Files.readString(separate.key())
            + "\nsubject=CN = server\n"
            + Files.readString(separate.certificate()).replace("\n", "\r\n");
    Path one = Files.writeString(file("both.pem"), both);
    Files.setPosixFilePermissions(one, PosixFilePermissions.fromString("rw-------"));
    assertThat(load(new TlsIdentity.Pem(one, one)).key()).isEqualTo(issued.keys().getPrivate());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pkey -in key.pem -aes256 -passout pass:x -out locked.pem",
        "rsa -in key.pem -traditional -aes256 -passout pass:x -out locked.pem"
      })
  void loaderRejectsEncryptedKeyAndNamesAlternatives(String command) throws Exception {
    Path certificate = pem(selfSigned("RSA")).certificate();
    openssl(command.split(" "));
    assertRejected(
        new TlsIdentity.Pem(certificate, file("locked.pem")),
        "--tls-key "
            + file("locked.pem")
            + ": the private key is encrypted; decrypt it with 'openssl pkey', or use a PKCS#12"
            + " archive with --tls-pkcs12 and --tls-password-file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void loaderRejectsKeyOfAnotherCertificate(String algorithm) throws Exception {
    Path certificate = selfSigned(algorithm).writeChain(file("cert.pem"));
    Path key = selfSigned(algorithm).writeKey(file("key.pem"));
    assertRejected(
        new TlsIdentity.Pem(certificate, key),
        "--tls-key " + key + ": the private key does not match the (first) certificate");
  }

  @Test
  void loaderRejectsKeyOfAnotherType() throws Exception {
    Path certificate = selfSigned("RSA").writeChain(file("cert.pem"));
    Path key = selfSigned("EC").writeKey(file("key.pem"));
    assertRejected(
        new TlsIdentity.Pem(certificate, key),
        "--tls-key "
            + key
            + ": the private key is damaged or of another type than the certificate's (RSA)");
  }

  @Test
  void messageNamesFileThatIsMissingOrNotPem() throws Exception {
    var good = pem(selfSigned("EC"));
    Path missing = file("missing.pem");
    assertRejected(
        new TlsIdentity.Pem(missing, good.key()),
        "--tls-cert " + missing + ": there is no such file");
    assertRejected(
        new TlsIdentity.Pem(good.certificate(), missing),
        "--tls-key " + missing + ": there is no such file");
    assertRejected(
        new TlsIdentity.Pem(good.key(), good.key()),
        "--tls-cert "
            + good.key()
            + ": the file has no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    assertRejected(
        new TlsIdentity.Pem(good.certificate(), good.certificate()),
        "--tls-key "
            + good.certificate()
            + ": the file has no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
    assertThatThrownBy(() -> load(new TlsIdentity.Pem(folder, good.key())))
        .hasMessageStartingWith("--tls-cert " + folder + ": it is a directory, not a file");
  }

  @Test
  void messageNamesDamagedBlock() throws Exception {
    var good = pem(selfSigned("EC"));
    String text = Files.readString(good.certificate());
    Files.writeString(file("bad64.pem"), text.replaceFirst("MI", "M!"));
    assertRejected(
        new TlsIdentity.Pem(file("bad64.pem"), good.key()),
        "--tls-cert " + file("bad64.pem") + ": the block 'CERTIFICATE' is damaged");
    Files.writeString(file("cut.pem"), text + text.replaceFirst("\n[A-Za-z0-9+/]{64}\n", "\n"));
    assertRejected(
        new TlsIdentity.Pem(file("cut.pem"), good.key()),
        "--tls-cert " + file("cut.pem") + ": certificate 2 of the file is damaged");
  }

  @Test
  void loaderWarnsAboutKeyThatOthersMayRead() throws Exception {
    var identity = pem(selfSigned("EC"));
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----")) {
      Files.setPosixFilePermissions(identity.key(), PosixFilePermissions.fromString(mode));
      assertThat(load(identity).warnings())
          .as(mode)
          .map(SettingMessage::toString)
          .containsExactly(
              "--tls-key " + identity.key() + ": other users can access the file; 'chmod 600' it");
    }
  }

  @Test
  void loaderWarnsAboutExpiredCertificate() throws Exception {
    Instant end = Instant.parse("2020-01-02T03:04:05Z");
    var wish = new TestAuthority.Wish("server").time(end.minus(Duration.ofDays(1)), end);
    var identity = pem(TestAuthority.selfSigned(wish));
    assertThat(load(identity).warnings())
        .map(SettingMessage::toString)
        .containsExactly(
            "--tls-cert "
                + identity.certificate()
                + ": the certificate expired at 2020-01-02T03:04:05Z; peers will reject it");
  }

  @Test
  void archiveOpensWithFirstLineOfPasswordFile() throws Exception {
    var issued = new TestAuthority("CA").below("Issuing").issue("server");
    // Java 21 takes ASCII passwords only.
    String text = Runtime.version().feature() > 21 ? "geheim ß" : "geheim";
    Path archive = archive(issued, text);
    Path password = secret(text + "\r\nsecond line\n");
    var loaded = load(new TlsIdentity.Pkcs12(archive, Optional.of(password)));
    assertThat(loaded.key()).isEqualTo(issued.keys().getPrivate());
    assertThat(loaded.chain()).isEqualTo(issued.chain());
    assertThat(loaded.warnings()).isEmpty();
  }

  @Test
  void messageNamesArchiveThatDoesNotOpenWithoutItsPassword() throws Exception {
    Path archive = archive(selfSigned("EC"), "right");
    Path password = secret("hunter2");
    assertRejected(
        new TlsIdentity.Pkcs12(archive, Optional.of(password)),
        "--tls-pkcs12 " + archive + ": the password in " + password + " does not open it");
    assertRejected(
        new TlsIdentity.Pkcs12(archive, Optional.empty()),
        "--tls-pkcs12 " + archive + ": an empty password does not open it");
    assertRejected(
        new TlsIdentity.Pkcs12(password, Optional.empty()),
        "--tls-pkcs12 " + password + ": the file is not a PKCS#12 archive");
    assertRejected(
        new TlsIdentity.Pkcs12(archive, Optional.of(file("none"))),
        "--tls-password-file " + file("none") + ": there is no such file");
    assertRejected(
        new TlsIdentity.Pkcs12(file("none"), Optional.empty()),
        "--tls-pkcs12 " + file("none") + ": there is no such file");
  }

  @Test
  void loaderRejectsArchiveWithoutKeyOrWithTwo() throws Exception {
    KeyStore store = store();
    store.setCertificateEntry("only", selfSigned("EC").certificate());
    Path none = write(store, "x");
    Optional<Path> password = Optional.of(secret("x"));
    assertRejected(
        new TlsIdentity.Pkcs12(none, password),
        "--tls-pkcs12 " + none + ": it holds 0 keys with a certificate; expected one");
    for (String alias : List.of("one", "two")) {
      var issued = selfSigned("EC");
      store.setKeyEntry(
          alias,
          issued.keys().getPrivate(),
          "x".toCharArray(),
          new X509Certificate[] {issued.certificate()});
    }
    Path two = write(store, "x");
    assertRejected(
        new TlsIdentity.Pkcs12(two, password),
        "--tls-pkcs12 " + two + ": it holds 2 keys with a certificate; expected one");
  }

  @Test
  void loaderWarnsAboutArchiveThatOthersMayRead() throws Exception {
    Path archive = archive(selfSigned("EC"), "x");
    Path password = secret("x");
    Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(load(new TlsIdentity.Pkcs12(archive, Optional.of(password))).warnings())
        .map(SettingMessage::toString)
        .extracting(line -> line.substring(0, line.indexOf(':')))
        .containsExactly("--tls-pkcs12 " + archive, "--tls-password-file " + password);
  }

  /** Old tools, and OpenSSL with -legacy, still write the older forms. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " -legacy",
        " -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        " -keypbe AES-128-CBC -certpbe NONE"
      })
  void loaderReadsArchivesWrittenByOpenssl(String options) throws Exception {
    var issued = selfSigned("RSA");
    pem(issued);
    String command =
        "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:old -out id.p12" + options;
    openssl(command.split(" "));
    var identity = new TlsIdentity.Pkcs12(file("id.p12"), Optional.of(secret("old")));
    assertThat(load(identity).key()).isEqualTo(issued.keys().getPrivate());
  }

  private Path archive(TestAuthority.Issued issued, String password) throws Exception {
    return issued.writeArchive(file("identity.p12"), password);
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
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static LoadedIdentity load(TlsIdentity identity) {
    return IdentityLoader.load(identity, PeerNames.ORIGIN_PROXY);
  }
}
