import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A self-signed certificate for localhost, made by openssl, in the file formats that the tunnels
 * require.
 */
record Certificate(Path pem, Path key, Path archive) {

  private static final String MAKE =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj"
          + " /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1";

  /** Creates the files, which exist as long as the tunnel. */
  static Certificate make(Running running) throws IOException {
    var made = new Certificate(running.file(""), running.file(""), running.file(""));
    output(("openssl " + MAKE + " -keyout " + made.key + " -out " + made.pem).split(" "));
    output(
        ("openssl pkcs12 -export -passout pass:bench -inkey %s -in %s -out %s"
                .formatted(made.key, made.pem, made.archive))
            .split(" "));
    return made;
  }

  /** Runs a program to its end and returns its output. */
  static String output(String... command) throws IOException {
    Process process =
        new ProcessBuilder(List.of(command)).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(command[0] + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
    return printed;
  }
}
