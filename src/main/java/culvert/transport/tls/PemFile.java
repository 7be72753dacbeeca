package culvert.transport.tls;

import culvert.config.SettingFile;
import culvert.setting.SettingException;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of labelled base64 blocks (RFC 7468), the usual form of certificates and keys. Text around
 * the blocks is ignored, and so are the headers that older tools write at the start of a block.
 *
 * @param source the {@link culvert.setting.Setting} that names the file, or a text if none does
 * @param file its path
 * @param blocks in the file's order
 */
record PemFile(Object source, Path file, List<Block> blocks) {

  /** More than any system's list of authorities: a longer file is the wrong one. */
  static final int MAX_BYTES = 4 * 1024 * 1024;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /** The header of an encrypted block (RFC 1421). */
  private static final String ENCRYPTED_HEADER = "Proc-Type: 4,ENCRYPTED";

  private static final Pattern HEADERS = Pattern.compile("\\A\\s*(?:[A-Za-z-]+:.*\\R)+");

  /**
   * A block.
   *
   * @param label type of its contents: {@code CERTIFICATE}
   * @param bytes its contents
   * @param encrypted whether its headers declare it encrypted
   */
  record Block(String label, byte[] bytes, boolean encrypted) {}

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException with one line that names source and file, if it cannot be read
   *     or a block is damaged
   */
  static PemFile read(Object source, Path file) {
    String text = SettingFile.ascii(source, file, MAX_BYTES);
    var blocks = new ArrayList<Block>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      String body = matcher.group(2);
      try {
        String base64 = HEADERS.matcher(body).replaceFirst("").replaceAll("\\s", "");
        byte[] bytes = Base64.getDecoder().decode(base64);
        blocks.add(new Block(matcher.group(1), bytes, body.contains(ENCRYPTED_HEADER)));
      } catch (IllegalArgumentException e) {
        throw SettingFile.invalid(source, file, "the block '" + matcher.group(1) + "' is damaged");
      }
    }
    return new PemFile(source, file, List.copyOf(blocks));
  }

  /** Returns all certificates, at least one. */
  List<X509Certificate> certificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks) {
      if (block.label().equals("CERTIFICATE")) {
        try {
          certificates.add(certificate(block));
        } catch (CertificateException e) {
          int number = certificates.size() + 1;
          throw invalid(
              EllipticCurve.problem("the certificate's key", block.bytes())
                  .orElse("certificate " + number + " of the file is damaged"));
        }
      }
    }
    if (certificates.isEmpty()) {
      throw invalid("the file has no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    }
    return List.copyOf(certificates);
  }

  /** Returns the certificates of a type known here: a system's list may hold others as well. */
  List<X509Certificate> readableCertificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks) {
      try {
        certificates.add(certificate(block));
      } catch (CertificateException e) {
        // A server that needs this authority is reported as untrusted.
      }
    }
    return List.copyOf(certificates);
  }

  private static X509Certificate certificate(Block block) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(block.bytes()));
  }

  /** Returns an exception for this file. */
  SettingException invalid(String problem) {
    return SettingFile.invalid(source, file, problem);
  }
}
