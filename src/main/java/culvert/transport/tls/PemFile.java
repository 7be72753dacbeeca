package culvert.transport.tls;

import culvert.setting.SettingException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
  private static final int MAX_BYTES = 4 * 1024 * 1024;

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
    String text = new String(bytes(source, file), StandardCharsets.ISO_8859_1);
    var blocks = new ArrayList<Block>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      String body = matcher.group(2);
      try {
        String base64 = HEADERS.matcher(body).replaceFirst("").replaceAll("\\s", "");
        byte[] bytes = Base64.getDecoder().decode(base64);
        blocks.add(new Block(matcher.group(1), bytes, body.contains(ENCRYPTED_HEADER)));
      } catch (IllegalArgumentException e) {
        throw invalid(source, file, "the block '" + matcher.group(1) + "' is damaged");
      }
    }
    return new PemFile(source, file, List.copyOf(blocks));
  }

  /**
   * Reads the contents of a file of at most 4 MiB.
   *
   * @throws IllegalArgumentException with one line that names source and file, if it cannot be read
   */
  static byte[] bytes(Object source, Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw invalid(source, file, "the file is longer than 4 MiB; it cannot be the right one");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw invalid(source, file, "there is no such file");
    } catch (AccessDeniedException e) {
      throw invalid(source, file, "this user has no permission to read the file");
    } catch (IOException e) {
      throw invalid(source, file, "the file cannot be read: " + e.getMessage());
    }
  }

  /** Returns all certificates, at least one. */
  List<X509Certificate> certificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks) {
      if (block.label().equals("CERTIFICATE")) {
        try {
          certificates.add(certificate(block));
        } catch (CertificateException e) {
          throw invalid("certificate " + (certificates.size() + 1) + " of the file is damaged");
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
    return invalid(source, file, problem);
  }

  /** Returns an exception with one line: source, file, problem. */
  static SettingException invalid(Object source, Path file, String problem) {
    return new SettingException("%s %s: %s", source, file, problem);
  }
}
