package culvert.config.toml;

import culvert.net.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The keys of rathole's configuration specification, with those of its later versions. The checks
 * are those of rathole at the load of a file.
 */
final class RatholeKeys {

  static final String TOKEN = "token";
  static final String DEFAULT_TOKEN = "default_token";
  static final String PATTERN = "transport.noise.pattern";
  static final String OWN_KEY = "transport.noise.local_private_key";
  static final String PEER_KEY = "transport.noise.remote_public_key";
  static final String WEB_SOCKET_TLS = "transport.websocket.tls";

  private static final List<String> TRANSPORTS = List.of("tcp", "tls", "noise", "websocket");
  private static final List<String> PROXIES = List.of("http://", "socks5://");

  private static final Layout SERVER = layout(Role.SERVER);
  private static final Layout CLIENT = layout(Role.CLIENT);

  private RatholeKeys() {}

  /** Returns the keys of a block; none for the bounce server. */
  static Layout of(Role role) {
    return switch (role) {
      case SERVER -> SERVER;
      case CLIENT -> CLIENT;
      case BOUNCE -> new Layout(Map.of());
    };
  }

  private static Layout layout(Role role) {
    var keys = new ArrayList<Key>();
    keys.add(Key.ofSecret(DEFAULT_TOKEN));
    keys.add(Key.ofSecret("services.*." + TOKEN));
    keys.add(Key.of("services.*.type", Kind.TEXT, oneOf(List.of("tcp", "udp"))));
    keys.add(Key.of("services.*.nodelay", Kind.BOOLEAN, Key.ANY));
    if (role == Role.SERVER) {
      keys.add(address("bind_addr"));
      keys.add(seconds("heartbeat_interval"));
      keys.add(address("services.*.bind_addr"));
    } else {
      keys.add(address("remote_addr"));
      keys.add(address("services.*.local_addr"));
      keys.add(seconds("heartbeat_timeout"));
      for (String prefix : List.of("", "services.*.")) {
        keys.add(seconds(prefix + "retry_interval"));
        keys.add(seconds(prefix + "max_retries"));
        keys.add(Key.of(prefix + "prefer_ipv6", Kind.BOOLEAN, Key.ANY));
      }
    }
    keys.addAll(transport());
    return Layout.of(keys);
  }

  private static List<Key> transport() {
    return List.of(
        Key.of("transport.type", Kind.TEXT, oneOf(TRANSPORTS)),
        Key.of("transport.tcp.nodelay", Kind.BOOLEAN, Key.ANY),
        seconds("transport.tcp.keepalive_secs"),
        seconds("transport.tcp.keepalive_interval"),
        new Key(
            "transport.tcp.proxy", Optional.empty(), Kind.TEXT, false, true, RatholeKeys::proxy),
        Key.of("transport.tls.trusted_root", Kind.TEXT, Key.ANY),
        Key.of("transport.tls.hostname", Kind.TEXT, Key.ANY),
        Key.of("transport.tls.pkcs12", Kind.TEXT, Key.ANY),
        Key.ofSecret("transport.tls.pkcs12_password"),
        Key.of(PATTERN, Kind.TEXT, Key.ANY),
        Key.ofSecret(OWN_KEY),
        Key.of(PEER_KEY, Kind.TEXT, Key.ANY),
        Key.of(WEB_SOCKET_TLS, Kind.BOOLEAN, Key.ANY));
  }

  private static Key address(String path) {
    return Key.of(path, Kind.TEXT, parsed(HostPort::parse, "expected HOST:PORT"));
  }

  private static Key seconds(String path) {
    return Key.of(path, Kind.INTEGER, RatholeKeys::unsigned);
  }

  private static Optional<String> proxy(String text) {
    return PROXIES.stream().anyMatch(text::startsWith)
        ? Optional.empty()
        : Optional.of("expected a URL with the scheme http or socks5");
  }

  private static Optional<String> unsigned(String text) {
    return text.startsWith("-") ? Optional.of("expected zero or more") : Optional.empty();
  }

  private static Function<String, Optional<String>> oneOf(List<String> words) {
    return text ->
        words.contains(text)
            ? Optional.empty()
            : Optional.of("expected one of " + String.join(", ", words));
  }

  /** Returns a check that the parser accepts the text. */
  static Function<String, Optional<String>> parsed(Function<String, ?> parser, String expected) {
    return text -> {
      try {
        parser.apply(text);
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.of(expected);
      }
    };
  }
}
