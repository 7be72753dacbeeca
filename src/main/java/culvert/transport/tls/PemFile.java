package culvert.transport.tls;

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
 * A file of labelled blocks in base64 (RFC 7468), such as certificates and keys come in. Text
 * around the blocks is left out, as is what older tools write into a block before its bytes.
 *
 * @param option which option names the file, for complaints
 * @param file where it is
 * @param blocks in the file's order
 */
record PemFile(String option, Path file, List<Block> blocks) {

  /** More than any system's list of authorities: what is longer is the wrong file. */
  private static final int MAX_BYTES = 4 * 1024 * 1024;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /** What RFC 1421 puts before the bytes of an encrypted block. */
  private static final String ENCRYPTED_HEADER = "Proc-Type: 4,ENCRYPTED";

  private static final Pattern HEADERS = Pattern.compile("\\A\\s*(?:[A-Za-z-]+:.*\\R)+");

  /**
   * A block.
   *
   * @param label what it says it holds: {@code CERTIFICATE}
   * @param bytes what it holds
   * @param encrypted whether its headers say that a password is needed
   */
  record Block(String label, byte[] bytes, boolean encrypted) {}

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException naming option and file, if it cannot be read or a block is
   *     damaged
   */
  static PemFile read(String option, Path file) {
    String text = new String(bytes(option, file), StandardCharsets.ISO_8859_1);
    var blocks = new ArrayList<Block>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      String body = matcher.group(2);
      try {
        String base64 = HEADERS.matcher(body).replaceFirst("").replaceAll("\\s", "");
        byte[] bytes = Base64.getDecoder().decode(base64);
        blocks.add(new Block(matcher.group(1), bytes, body.contains(ENCRYPTED_HEADER)));
      } catch (IllegalArgumentException e) {
        throw wrong(option, file, "the block '" + matcher.group(1) + "' is damaged");
      }
    }
    return new PemFile(option, file, List.copyOf(blocks));
  }

  /**
   * The whole of a file.
   *
   * @throws IllegalArgumentException naming option and file, if it cannot be read
   */
  static byte[] bytes(String option, Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw wrong(option, file, "the file is longer than 4 MiB, so it is not what is wanted");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw wrong(option, file, "there is no such file");
    } catch (AccessDeniedException e) {
      throw wrong(option, file, "this user may not read the file");
    } catch (IOException e) {
      throw wrong(option, file, "the file cannot be read: " + e.getMessage());
    }
  }

  /** All certificates, at least one. */
  List<X509Certificate> certificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks) {
      if (block.label().equals("CERTIFICATE")) {
        try {
          certificates.add(certificate(block));
        } catch (CertificateException e) {
          throw wrong("certificate " + (certificates.size() + 1) + " in it is damaged");
        }
      }
    }
    if (certificates.isEmpty()) {
      throw wrong("no certificate is in it in PEM form (-----BEGIN CERTIFICATE-----)");
    }
    return List.copyOf(certificates);
  }

  /** All certificates that can be read: a system's list may hold some of a kind unknown here. */
  List<X509Certificate> readableCertificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (Block block : blocks) {
      try {
        certificates.add(certificate(block));
      } catch (CertificateException e) {
        // Whoever needs just this one is told that it is not trusted.
      }
    }
    return List.copyOf(certificates);
  }

  private static X509Certificate certificate(Block block) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(block.bytes()));
  }

  /** A complaint about this file. */
  IllegalArgumentException wrong(String what) {
    return wrong(option, file, what);
  }

  /** A complaint in one line: option, file, what is wrong. */
  static IllegalArgumentException wrong(String option, Path file, String what) {
    return new IllegalArgumentException(option + " " + file + ": " + what);
  }
}
