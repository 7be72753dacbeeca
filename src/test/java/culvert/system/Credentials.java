package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** The keys and certificates of a test, as files in its folder. */
final class Credentials {

  /**
   * A certificate with its key.
   *
   * @param chain a PEM file
   * @param key a PEM file
   * @param fingerprint SHA-256, as openssl prints it
   */
  record Certificate(Path chain, Path key, String fingerprint) {

    /** The options that show it. */
    List<String> options() {
      return List.of("--tls-cert=" + chain, "--tls-key=" + key);
    }
  }

  /**
   * A pair of keys for Noise, as the image makes them.
   *
   * @param file holds the private one
   * @param publicKey in base64
   */
  record NoiseKeys(Path file, String publicKey) {}

  private final Path folder;
  private final TestAuthority authority = new TestAuthority("the test's authority");

  Credentials(Path folder) throws Exception {
    this.folder = folder;
  }

  /** The authority's own certificate. */
  Path authority() throws IOException, GeneralSecurityException {
    return authority.own().writeChain(folder.resolve("authority.pem"));
  }

  /** For loopback, by the authority. */
  Certificate issue(String name) throws Exception {
    return write(name, authority.issue(name));
  }

  /** As wished, by the authority. */
  Certificate issue(String name, TestAuthority.Wish wish) throws Exception {
    return write(name, authority.issue(wish));
  }

  /** For loopback, by somebody whom nobody here knows. */
  Certificate foreign(String name) throws Exception {
    return write(name, new TestAuthority("nobody's authority").issue(name));
  }

  private Certificate write(String name, TestAuthority.Issued issued) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(issued.certificate().getEncoded());
    return new Certificate(
        issued.writeChain(folder.resolve(name + ".pem")),
        issued.writeKey(folder.resolve(name + ".key")),
        HexFormat.ofDelimiter(":").withUpperCase().formatHex(hash));
  }

  /** A new pair of keys. */
  NoiseKeys noise(String name) throws Exception {
    RoleProcess.Ended keygen = RoleProcess.run("culvert", "keygen", "--noise");
    assertThat(keygen.exit()).isZero();
    List<String> lines = keygen.out().lines().toList();
    Path file = Files.writeString(folder.resolve(name), lines.get(1) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return new NoiseKeys(file, lines.get(4));
  }
}
