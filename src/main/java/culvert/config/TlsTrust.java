package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The rule by which the dialling side accepts the server's certificate. */
public sealed interface TlsTrust {

  /**
   * The certificate must be issued by one of these authorities and name the server.
   *
   * @param file certificates in PEM form ({@code --tls-ca}); a self-signed one may be the server's
   *     own
   */
  record Authorities(Path file) implements TlsTrust {}

  /**
   * The certificate must be issued by one of the system's authorities and name the server.
   *
   * @param file the authorities, if not where systems usually have them ({@code SSL_CERT_FILE})
   */
  record SystemStore(Optional<Path> file) implements TlsTrust {}

  /**
   * Only these certificates are accepted. Their names, issuers and periods of validity do not
   * count: the user verified the certificates before pinning them.
   *
   * @param certificates the accepted ones; several servers may have certificates of their own
   */
  record Pins(List<Pin> certificates) implements TlsTrust {
    /**
     * Copies the list.
     *
     * @throws SettingException if it is empty
     */
    public Pins {
      certificates = List.copyOf(certificates);
      if (certificates.isEmpty()) {
        throw new SettingException("%s has no fingerprint", Setting.TLS_PIN);
      }
    }

    /** Accepts one certificate; see {@link Pin} for the text. */
    public static Pins of(String sha256) {
      return new Pins(List.of(new Pin(sha256)));
    }

    /** Returns whether one of the certificates has this hash. */
    public boolean contains(byte[] sha256) {
      return certificates.stream().anyMatch(one -> MessageDigest.isEqual(one.bytes(), sha256));
    }
  }

  /**
   * The identity of a certificate.
   *
   * @param sha256 hash of its DER form, in 64 lower-case hexadecimal digits ({@code --tls-pin})
   */
  record Pin(String sha256) {

    private static final int DIGITS = 64;

    /**
     * Accepts the hash with or without colons, and the whole line as {@code openssl x509 -noout
     * -fingerprint -sha256} prints it.
     *
     * @throws InvalidSettingException if the text is not a SHA-256 hash
     */
    public Pin {
      String digits = sha256.substring(sha256.indexOf('=') + 1).replace(":", "").strip();
      if (digits.length() != DIGITS || !digits.chars().allMatch(HexFormat::isHexDigit)) {
        throw new InvalidSettingException(
            Setting.TLS_PIN,
            sha256,
            "the SHA-256 fingerprint of a certificate, 64 hexadecimal digits as printed by"
                + " 'openssl x509 -noout -fingerprint -sha256'");
      }
      sha256 = digits.toLowerCase(Locale.ROOT);
    }

    /** Returns the hash, 32 bytes. */
    public byte[] bytes() {
      return HexFormat.of().parseHex(sha256);
    }
  }
}
