package culvert.config;

import culvert.net.HostPort;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A proxy that leads to the outside, written as {@code http://USER:PASSWORD@HOST:PORT} or {@code
 * socks5://…}. Whatever it says of itself, in text or in a complaint, leaves user and password out.
 *
 * @param scheme what it speaks
 * @param proxy where it listens
 * @param credentials what it may ask for
 */
public record OutboundProxy(Scheme scheme, HostPort proxy, Optional<Credentials> credentials) {

  /** What a proxy speaks. */
  public enum Scheme {
    /**
     * HTTP, and its CONNECT (RFC 9110, 9.3.6). Without a port it is 80, as RFC 9110, 4.2.1, and Go
     * have it; curl would take 1080.
     */
    HTTP("http", 80),
    /**
     * SOCKS version 5 (RFC 1928). Without a port it is 1080, the registered one, as in Go and curl.
     * {@code socks5h} is the same: names are always resolved by the proxy.
     */
    SOCKS5("socks5", 1080);

    private final String word;
    private final int defaultPort;

    Scheme(String word, int defaultPort) {
      this.word = word;
      this.defaultPort = defaultPort;
    }

    /** As it stands in a URL. */
    @Override
    public String toString() {
      return word;
    }

    private static Scheme of(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "http" -> HTTP;
        case "socks5", "socks5h" -> SOCKS5;
        default ->
            throw new IllegalArgumentException(
                "proxies of the scheme '" + text + "' are not offered; http:// and socks5:// are");
      };
    }
  }

  /**
   * What is told to a proxy that asks. It never prints itself.
   *
   * @param user without control characters
   * @param password without control characters
   */
  public record Credentials(String user, String password) {

    /** Most bytes of each in SOCKS5, whose lengths are one byte (RFC 1929). */
    private static final int MAX_SOCKS5_BYTES = 255;

    /** Checks what holds for every proxy; RFC 7617, 2, has the same rule. */
    public Credentials {
      if ((user + password).chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("the proxy's user or password has control characters");
      }
    }

    private void check(Scheme scheme) {
      switch (scheme) {
        case HTTP -> {
          if (user.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                "the user of an HTTP proxy has a colon, which would end it (RFC 7617)");
          }
        }
        case SOCKS5 -> {
          if (!isSocks5(user) || !isSocks5(password)) {
            throw new IllegalArgumentException(
                "user and password of a SOCKS5 proxy have 1 to 255 bytes each (RFC 1929)");
          }
        }
      }
    }

    private static boolean isSocks5(String text) {
      return !text.isEmpty() && text.getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKS5_BYTES;
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  /** A URL's beginning (RFC 3986, 3.1), and the rest. */
  private static final Pattern URL =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)", Pattern.DOTALL);

  /**
   * Checks that the scheme can carry the credentials.
   *
   * @throws IllegalArgumentException if it cannot
   */
  public OutboundProxy {
    credentials.ifPresent(given -> given.check(scheme));
  }

  /**
   * Reads a URL. User and password are percent-decoded (RFC 3986, 2.1) and UTF-8; a password that
   * is left out is empty; what stands in front of the last {@code @} belongs to the two.
   *
   * @throws IllegalArgumentException whose message says what is wrong, and quotes nothing that
   *     could be a part of a password
   */
  public static OutboundProxy parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "a proxy is written as http://HOST:PORT or socks5://HOST:PORT");
    }
    Scheme scheme = Scheme.of(parts.group(1));
    String rest = parts.group(2);
    int at = rest.lastIndexOf('@');
    Optional<Credentials> credentials =
        at < 0 ? Optional.empty() : Optional.of(credentials(rest.substring(0, at)));
    return new OutboundProxy(
        scheme, proxy(rest.substring(at + 1), scheme.defaultPort), credentials);
  }

  /** Whether the text begins as a URL does. */
  public static boolean isUrl(String text) {
    return URL.matcher(text).matches();
  }

  private static Credentials credentials(String text) {
    if (hasPath(text)) {
      throw new IllegalArgumentException(
          "a '/', '?' or '#' in the proxy's user or password is written as %2F, %3F or %23");
    }
    int colon = text.indexOf(':');
    return colon < 0
        ? new Credentials(decoded(text), "")
        : new Credentials(decoded(text.substring(0, colon)), decoded(text.substring(colon + 1)));
  }

  private static boolean hasPath(String text) {
    return text.chars().anyMatch(c -> c == '/' || c == '?' || c == '#');
  }

  private static String decoded(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var plain = ByteBuffer.allocate(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        plain.put(bytes[i]);
      } else if (i + 2 < bytes.length
          && HexFormat.isHexDigit(bytes[i + 1])
          && HexFormat.isHexDigit(bytes[i + 2])) {
        int high = HexFormat.fromHexDigit(bytes[++i]);
        plain.put((byte) (high << 4 | HexFormat.fromHexDigit(bytes[++i])));
      } else {
        throw new IllegalArgumentException(
            "a '%' in the proxy's user or password has no two hexadecimal digits behind it;"
                + " '%' itself is written as %25");
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(plain.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the proxy's user or password is not UTF-8");
    }
  }

  private static HostPort proxy(String text, int defaultPort) {
    String place = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    if (hasPath(place)) {
      throw new IllegalArgumentException("a proxy has no path, query or fragment");
    }
    boolean portless = place.endsWith("]") || place.indexOf(':') < 0;
    try {
      HostPort proxy = HostPort.parse(portless ? place + ":" + defaultPort : place);
      if (proxy.port() > 0 && (place.startsWith("[") || proxy.host().indexOf('%') < 0)) {
        return proxy;
      }
    } catch (IllegalArgumentException e) {
      // It quotes the text, which holds the password where the '@' was forgotten.
    }
    throw new IllegalArgumentException(
        "the proxy's address is no HOST or HOST:PORT with a port within 1 to 65535;"
            + " an IPv6 address stands in brackets");
  }

  /** Without user and password. */
  @Override
  public String toString() {
    return scheme + "://" + proxy;
  }
}
