package culvert.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import javax.security.auth.x500.X500Principal;

/** Issues valid and invalid certificates for tests; no key is stored. */
public final class TestAuthority {

  private static final String EC = "EC";
  private static final Random SERIALS = new Random();
  private static final int UTC_TIME = 0x17;
  private static final int GENERALIZED_TIME = 0x18;

  /**
   * A certificate with its key.
   *
   * @param keys the key pair
   * @param chain this certificate first
   */
  public record Issued(KeyPair keys, List<X509Certificate> chain) {

    /** Returns the certificate, the first of the chain. */
    public X509Certificate certificate() {
      return chain.getFirst();
    }

    /** Writes the chain to a file. */
    public Path writeChain(Path file) throws IOException, GeneralSecurityException {
      var text = new StringBuilder();
      for (X509Certificate certificate : chain) {
        text.append(pem("CERTIFICATE", certificate.getEncoded()));
      }
      return Files.writeString(file, text);
    }

    /** Writes chain and key as a PKCS#12 archive to a file that is readable by its owner only. */
    public Path writeArchive(Path file, String password) throws Exception {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server",
          keys.getPrivate(),
          password.toCharArray(),
          chain.toArray(X509Certificate[]::new));
      try (OutputStream out = Files.newOutputStream(file)) {
        store.store(out, password.toCharArray());
      }
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** Writes the key to a file that is readable by its owner only. */
    public Path writeKey(Path file) throws IOException {
      Files.writeString(file, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  private final Issued own;
  private final X500Principal name;

  /** Creates an authority with a new key, even if another authority has the same name. */
  public TestAuthority(String name) throws Exception {
    this.name = new X500Principal("CN=" + name);
    KeyPair keys = keys(EC);
    this.own =
        new Issued(keys, List.of(new Wish(name).authority(true).make(keys, this.name, keys)));
  }

  private TestAuthority(Issued own) {
    this.own = own;
    this.name = own.certificate().getSubjectX500Principal();
  }

  /** Returns the authority's own certificate. */
  public Issued own() {
    return own;
  }

  /** Issues a certificate for localhost and both loopback addresses. */
  public Issued issue(String subject) throws Exception {
    return issue(new Wish(subject).names("localhost", "127.0.0.1", "::1"));
  }

  /** Issues a certificate with the requested properties. */
  public Issued issue(Wish wish) throws Exception {
    KeyPair keys = keys(wish.algorithm);
    var chain = new ArrayList<X509Certificate>();
    chain.add(wish.make(keys, name, own.keys));
    if (!own.chain.getFirst().getIssuerX500Principal().equals(name)) {
      chain.addAll(own.chain);
    }
    return new Issued(keys, List.copyOf(chain));
  }

  /** Creates an intermediate authority certified by this one. */
  public TestAuthority below(String subject) throws Exception {
    return new TestAuthority(issue(new Wish(subject).authority(true)));
  }

  /** Issues a self-signed certificate. */
  public static Issued selfSigned(Wish wish) throws Exception {
    KeyPair keys = keys(wish.algorithm);
    return new Issued(
        keys, List.of(wish.make(keys, new X500Principal("CN=" + wish.subject), keys)));
  }

  /** Returns a PEM block. */
  public static String pem(String label, byte[] bytes) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  private static KeyPair keys(String algorithm) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    switch (algorithm) {
      case EC -> generator.initialize(256);
      case "RSA" -> generator.initialize(2048);
      default -> {}
    }
    return generator.generateKeyPair();
  }

  /** The properties of a certificate to issue (RFC 5280, 4.1). */
  public static final class Wish {
    private final String subject;
    private String algorithm = EC;
    private List<String> names = List.of();
    private boolean authority;
    private Instant begins = Instant.now().minus(Duration.ofDays(1));
    private Instant ends = Instant.now().plus(Duration.ofDays(30));

    /** Requests a certificate for this common name, with a P-256 key. */
    public Wish(String subject) {
      this.subject = subject;
    }

    /** Sets the subject alternative names: host names and IP addresses. */
    public Wish names(String... all) {
      names = List.of(all);
      return this;
    }

    /** Sets the key algorithm: EC, RSA or Ed25519. */
    public Wish algorithm(String name) {
      algorithm = name;
      return this;
    }

    /** Sets the validity period. */
    public Wish time(Instant from, Instant to) {
      begins = from;
      ends = to;
      return this;
    }

    Wish authority(boolean may) {
      authority = may;
      return this;
    }

    private X509Certificate make(KeyPair keys, X500Principal issuer, KeyPair signer)
        throws GeneralSecurityException, IOException {
      String signing =
          switch (signer.getPrivate().getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case EC -> "SHA256withECDSA";
            default -> "Ed25519";
          };
      byte[] signed = body(keys, issuer, signing);
      Signature signature = Signature.getInstance(signing);
      signature.initSign(signer.getPrivate());
      signature.update(signed);
      byte[] bits = join(new byte[] {0}, signature.sign());
      byte[] certificate = der(0x30, signed, signatureAlgorithm(signing), der(0x03, bits));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(certificate));
    }

    private byte[] body(KeyPair keys, X500Principal issuer, String signing) throws IOException {
      return der(
          0x30,
          der(0xa0, der(0x02, new byte[] {2})),
          der(0x02, new BigInteger(100, SERIALS).toByteArray()),
          signatureAlgorithm(signing),
          issuer.getEncoded(),
          der(0x30, time(begins), time(ends)),
          new X500Principal("CN=" + subject).getEncoded(),
          keys.getPublic().getEncoded(),
          der(0xa3, der(0x30, authority ? join(basic(), usage()) : alternativeNames())));
    }

    private static byte[] basic() {
      return extension(19, der(0x30, der(0x01, new byte[] {(byte) 0xff})));
    }

    /** Returns the key usage extension for signing certificates. */
    private static byte[] usage() {
      return extension(15, der(0x03, new byte[] {2, 4}));
    }

    private byte[] alternativeNames() throws IOException {
      byte[] all = new byte[0];
      for (String one : names) {
        boolean address = one.indexOf(':') >= 0 || one.matches("[0-9.]+");
        byte[] bytes =
            address
                ? InetAddress.getByName(one).getAddress()
                : one.getBytes(StandardCharsets.US_ASCII);
        all = join(all, der(address ? 0x87 : 0x82, bytes));
      }
      return extension(17, der(0x30, all));
    }

    private static byte[] extension(int number, byte[] value) {
      return der(0x30, der(0x06, new byte[] {0x55, 0x1d, (byte) number}), der(0x04, value));
    }

    private static byte[] signatureAlgorithm(String signing) {
      byte[] rsa = {0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 11};
      byte[] ecdsa = {0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2};
      byte[] ed25519 = {0x2b, 0x65, 0x70};
      return switch (signing) {
        case "SHA256withRSA" -> der(0x30, der(0x06, rsa), der(0x05));
        case "SHA256withECDSA" -> der(0x30, der(0x06, ecdsa));
        default -> der(0x30, der(0x06, ed25519));
      };
    }

    private static byte[] time(Instant time) {
      String text = time.toString().substring(0, 19).replaceAll("[-:T]", "") + "Z";
      return text.compareTo("2050") < 0
          ? der(UTC_TIME, text.substring(2).getBytes(StandardCharsets.US_ASCII))
          : der(GENERALIZED_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static byte[] der(int tag, byte[]... parts) {
    byte[] content = join(parts);
    int length = content.length;
    byte[] header = {(byte) tag, (byte) length};
    if (length >= 256) {
      header = new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    } else if (length >= 128) {
      header = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
    }
    return join(header, content);
  }

  private static byte[] join(byte[]... parts) {
    byte[] all = new byte[0];
    for (byte[] part : parts) {
      int before = all.length;
      all = Arrays.copyOf(all, before + part.length);
      System.arraycopy(part, 0, all, before, part.length);
    }
    return all;
  }
}
