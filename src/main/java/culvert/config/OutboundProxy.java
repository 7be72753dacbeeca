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
 * An outbound proxy, written as {@code http://USER:PASSWORD@HOST:PORT} or {@code socks5://…}.
 * Neither {@link #toString} nor any message contains the user or the password.
 *
 * @param scheme its protocol
 * @param proxy its address
 * @param credentials the user and password to send if the proxy requests them
 */
public record OutboundProxy(Scheme scheme, HostPort proxy, Optional<Credentials> credentials) {

  /** The protocol of an outbound proxy. */
  public enum Scheme {
    /**
     * HTTP with CONNECT (RFC 9110, 9.3.6). The default port is 80, as in RFC 9110, 4.2.1, and in
     * Go; curl uses 1080.
     */
    HTTP("http", 80),
    /**
     * SOCKS version 5 (RFC 1928). The default port is the registered port, 1080, as in Go and curl.
     * {@code socks5h} and {@code socks} are synonyms: the proxy always resolves names.
     */
    SOCKS5("socks5", 1080);

    private final String urlScheme;
    private final int defaultPort;

    Scheme(String urlScheme, int defaultPort) {
      this.urlScheme = urlScheme;
      this.defaultPort = defaultPort;
    }

    /** Returns the scheme of the URL. */
    @Override
    public String toString() {
      return urlScheme;
    }

    private static Scheme of(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "http" -> HTTP;
        case "socks5", "socks5h", "socks" -> SOCKS5;
        default ->
            throw new IllegalArgumentException(
                "unsupported proxy scheme '" + text + "': expected http:// or socks5://");
      };
    }
  }

  /**
   * The user and password for a proxy. {@link #toString} does not reveal them.
   *
   * @param user without control characters
   * @param password without control characters
   */
  public record Credentials(String user, String password) {

    /** Maximum bytes of each in SOCKS5, whose length fields have one byte (RFC 1929). */
    private static final int MAX_SOCKS5_BYTES = 255;

    /** Rejects control characters for every proxy, as RFC 7617, 2, does. */
    public Credentials {
      if ((user + password).chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            "the proxy's user or password contains control characters");
      }
    }

    private void check(Scheme scheme) {
      switch (scheme) {
        case HTTP -> {
          if (user.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                "the user of an HTTP proxy contains a colon, which ends the user (RFC 7617)");
          }
        }
        case SOCKS5 -> {
          if (!isSocks5(user) || !isSocks5(password)) {
            throw new IllegalArgumentException(
                "expected a user and a password of 1 to 255 bytes each for a SOCKS5 proxy (RFC"
                    + " 1929)");
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

  /** A URL's scheme (RFC 3986, 3.1), and the rest. */
  private static final Pattern URL =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)", Pattern.DOTALL);

  /**
   * Checks that the protocol can carry the credentials.
   *
   * @throws IllegalArgumentException if it cannot
   */
  public OutboundProxy {
    credentials.ifPresent(given -> given.check(scheme));
  }

  /**
   * Parses a URL. User and password are percent-decoded (RFC 3986, 2.1) and UTF-8; an omitted
   * password is empty; all text before the last {@code @} belongs to user and password.
   *
   * @throws IllegalArgumentException whose message describes the problem and contains no text that
   *     could be part of a password
   */
  public static OutboundProxy parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("expected http://HOST:PORT or socks5://HOST:PORT");
    }
    Scheme scheme = Scheme.of(parts.group(1));
    String rest = parts.group(2);
    int at = rest.lastIndexOf('@');
    Optional<Credentials> credentials =
        at < 0 ? Optional.empty() : Optional.of(credentials(rest.substring(0, at)));
    return new OutboundProxy(
        scheme, proxy(rest.substring(at + 1), scheme.defaultPort), credentials);
  }

  /** Returns whether the text starts with a scheme and {@code ://}. */
  public static boolean isUrl(String text) {
    return URL.matcher(text).matches();
  }

  private static Credentials credentials(String text) {
    if (hasPath(text)) {
      throw new IllegalArgumentException(
          "invalid proxy user or password: write '/', '?' and '#' as %2F, %3F and %23");
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
            "invalid proxy user or password: expected two hexadecimal digits after '%'; write '%'"
                + " itself as %25");
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
      throw new IllegalArgumentException("a proxy URL cannot have a path, query or fragment");
    }
    boolean isPortOmitted = place.endsWith("]") || place.indexOf(':') < 0;
    try {
      HostPort proxy = HostPort.parse(isPortOmitted ? place + ":" + defaultPort : place);
      if (proxy.port() > 0 && (place.startsWith("[") || proxy.host().indexOf('%') < 0)) {
        return proxy;
      }
    } catch (IllegalArgumentException e) {
      // Its message quotes the text, which contains the password if the '@' is missing.
    }
    throw new IllegalArgumentException(
        "invalid proxy address: expected HOST or HOST:PORT, with a port from 1 to 65535 and an"
            + " IPv6 address in brackets");
  }

  /** Returns the URL without user and password. */
  @Override
  public String toString() {
    return scheme + "://" + proxy;
  }
}
