package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.TestAuthority;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each option that names a file, with each kind of file that cannot be used. */
class SettingFilesTest {

  private static final String REMOTE =
      "remote-proxy --control-addr=127.0.0.1:0 --outside-addr=127.0.0.1:0 ";
  private static final String ORIGIN = "origin-proxy --origin-server-addr=127.0.0.1:1 ";
  private static final String CONNECT = "bounce connect 127.0.0.1:1 1 ";
  private static final String GROUP = ORIGIN + "--remote-proxy-addr=bounce://127.0.0.1:1/1 ";
  private static final String TLS_GROUP =
      ORIGIN + "--remote-proxy-addr=bounce+tls://127.0.0.1:1/1 ";

  private static final String SECRET_FILE = REMOTE + "--secret-file=";
  private static final String ORIGIN_SECRET =
      ORIGIN + "--remote-proxy-addr=127.0.0.1:1 --secret-file=";
  private static final String BORE_SECRET =
      REMOTE + "--port-range=20000-20001 --bore-addr=127.0.0.1:0 --bore-secret-file=";
  private static final String BORE_SERVER = "bore server --secret-file=";
  private static final String BORE_LOCAL = "bore local 1 --to=127.0.0.1:1 --secret-file=";
  private static final String CERTIFICATE = REMOTE + "--transport=tls --tls-key=KEY --tls-cert=";
  private static final String KEY = REMOTE + "--transport=tls --tls-cert=CERT --tls-key=";
  private static final String CLIENT_CA =
      REMOTE + "--transport=tls --tls-cert=CERT --tls-key=KEY --tls-client-ca=";
  private static final String PASSWORD =
      REMOTE + "--transport=tls --tls-pkcs12=CERT --tls-password-file=";
  private static final String ARCHIVE = REMOTE + "--transport=tls --tls-pkcs12=";
  private static final String CA =
      ORIGIN + "--remote-proxy-addr=127.0.0.1:1 --transport=tls --tls-ca=";
  private static final String NOISE = REMOTE + "--noise-key-file=";
  private static final String BOUNCE_CA = TLS_GROUP + "--bounce-tls-ca=";
  private static final String CONNECT_CA = CONNECT + "--transport=tls --tls-ca=";
  private static final String BOUNCE_AUTH = GROUP + "--bounce-auth-file=";
  private static final String AUTH = "bounce-server --auth-file=";
  private static final String CONNECT_AUTH = CONNECT + "--auth-file=";

  private static final String NO_SUCH_FILE = "there is no such file";

  @TempDir private Path folder;
  private Path certificate;
  private Path key;

  @BeforeEach
  void issue() throws Exception {
    var issued = new TestAuthority("Test CA").issue("server");
    certificate = issued.writeChain(folder.resolve("cert.pem"));
    key = issued.writeKey(folder.resolve("key.pem"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SECRET_FILE,
        ORIGIN_SECRET,
        BORE_SECRET,
        BORE_SERVER,
        BORE_LOCAL,
        CERTIFICATE,
        KEY,
        CLIENT_CA,
        PASSWORD,
        ARCHIVE,
        CA,
        NOISE,
        BOUNCE_CA,
        CONNECT_CA,
        BOUNCE_AUTH,
        AUTH,
        CONNECT_AUTH
      })
  void unusableFileIsNamedWithTheReason(String command) throws Exception {
    Path file = folder.resolve("file");
    rejected(command, file, NO_SUCH_FILE);
    rejected(command, folder, "it is a directory, not a file");
    Files.writeString(file, "x");
    rejected(command, file.resolve("below"), "the file cannot be read: Not a directory");
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength((4 << 20) + 1);
    }
    rejected(command, file, "the file exceeds ");
  }

  /** Text that an editor has saved as UTF-16; an archive is no text. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        SECRET_FILE, ORIGIN_SECRET, BORE_SECRET, BORE_SERVER, BORE_LOCAL, CERTIFICATE, KEY,
            CLIENT_CA,
        PASSWORD, CA, NOISE, BOUNCE_CA, CONNECT_CA, BOUNCE_AUTH, AUTH, CONNECT_AUTH
      })
  void utf16IsNamed(String command) throws Exception {
    Path file = folder.resolve("file");
    for (byte[] content :
        List.of(
            "secret".getBytes(StandardCharsets.UTF_16),
            "\ufeffsecret".getBytes(StandardCharsets.UTF_16LE))) {
      Files.write(file, content);
      rejected(command, file, "the file is in UTF-16; save it as UTF-8");
    }
    boolean isText = !command.endsWith("auth-file=");
    if (isText) {
      Files.write(file, "secret".getBytes(StandardCharsets.UTF_16LE));
      rejected(command, file, "the file is in UTF-16; save it as UTF-8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SECRET_FILE, BORE_SERVER, NOISE, PASSWORD})
  void textInAnotherEncodingIsNamed(String command) throws Exception {
    Path file =
        Files.write(folder.resolve("file"), "p\u00e4ss".getBytes(StandardCharsets.ISO_8859_1));
    rejected(command, file, "the file is not text in UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {SECRET_FILE, CERTIFICATE, ARCHIVE, CA, NOISE, AUTH})
  void fileWithoutPermissionIsNamed(String command) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    Assumptions.assumeFalse(Files.isReadable(file), "root may read every file");
    rejected(command, file, "this user has no permission to read the file");
  }

  private void rejected(String command, Path file, String reason) {
    String option = command.substring(command.lastIndexOf(' ') + 1, command.length() - 1);
    String line = command.replace("CERT", certificate.toString()).replace("=KEY", "=" + key);
    Cli run = Cli.run(Map.of(), (line + file).split(" "));
    assertThat(run.err()).as(line).contains(option + " " + file + ": " + reason).hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.out()).isEmpty();
  }
}
