package culvert.config.toml;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.PortInterval;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** The keys of a block of the native protocol, or of the bounce server. */
final class NativeKeys {

  static final String TRANSPORT_TYPE = "transport.type";
  static final String WEB_SOCKET_TLS = "transport.websocket.tls";
  static final String TOKEN = "services.*.token";
  static final String DEFAULT_TOKEN = "default_token";

  static final String TYPE_OF_SERVICE = "services.*.type";

  /** Values of rathole: the default transport, and a WebSocket with or without TLS. */
  static final String TCP = "tcp";

  static final String UDP = "udp";

  static final String WEB_SOCKET = "websocket";

  private static final String SIZE = "expected a size such as 4096, 64K, 16M or 1G";

  private static final Set<String> RATHOLE_TRANSPORTS = Set.of(TCP, WEB_SOCKET);

  private NativeKeys() {}

  /** Adds the keys that no option has to those of the settings. */
  static Layout of(Role role, List<Key> settings) {
    var keys = new ArrayList<Key>();
    settings.forEach(key -> keys.add(extended(key)));
    settings.stream()
        .filter(key -> key.isOfService() && !key.isAddressOfService())
        .map(Key::ofOtherServices)
        .forEach(keys::add);
    keys.add(Key.of(WEB_SOCKET_TLS, Kind.BOOLEAN, Key.ANY));
    if (role != Role.BOUNCE) {
      keys.add(Key.of(TYPE_OF_SERVICE, Kind.TEXT, NativeKeys::typeOfService));
      keys.add(Key.ofSecret(TOKEN));
      keys.add(Key.ofSecret(DEFAULT_TOKEN));
    }
    if (role == Role.SERVER) {
      keys.addAll(ofClient());
    }
    return Layout.of(keys);
  }

  private static List<Key> ofClient() {
    return List.of(
        ofClient(Setting.CLIENT_SECRET, Kind.TEXT, false, Key.ANY),
        ofClient(Setting.CLIENT_SECRET_FILE, Kind.TEXT, false, Key.ANY),
        ofClient(
            Setting.CLIENT_SERVICES,
            Kind.TEXT,
            true,
            text -> problem(ClientSettings::checkService, text)),
        ofClient(Setting.CLIENT_PORTS, Kind.TEXT, true, text -> problem(PortInterval::parse, text)),
        ofClient(
            Setting.CLIENT_MAX_BANDWIDTH,
            Kind.SIZE,
            false,
            text -> problem(ByteCount::parse, text).map(why -> SIZE)));
  }

  private static Key ofClient(
      Setting setting, Kind kind, boolean isList, Function<String, Optional<String>> check) {
    boolean isSecret = setting == Setting.CLIENT_SECRET;
    return new Key(setting.key(), Optional.of(setting), kind, isList, isSecret, check);
  }

  private static Optional<String> problem(Consumer<String> parser, String text) {
    try {
      parser.accept(text);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Returns the key with the texts of a settings file that the option does not accept. */
  private static Key extended(Key key) {
    if (key.path().equals(TRANSPORT_TYPE)) {
      return with(
          key,
          text ->
              RATHOLE_TRANSPORTS.contains(text)
                  ? Optional.empty()
                  : key.check()
                      .apply(text)
                      .map(expected -> expected + ", " + TCP + ", " + WEB_SOCKET));
    }
    return key.isAddressOfService() ? with(key, text -> address(key, text)) : key;
  }

  private static Key with(Key key, Function<String, Optional<String>> check) {
    return new Key(key.path(), key.setting(), key.kind(), key.isList(), key.isSecret(), check);
  }

  private static Optional<String> address(Key key, String text) {
    return PortSpan.parse(text)
        .map(span -> span.problem().or(() -> key.check().apply(span.addresses().getFirst())))
        .orElseGet(() -> key.check().apply(text));
  }

  private static Optional<String> typeOfService(String text) {
    return switch (text) {
      case TCP, UDP -> Optional.empty();
      default -> Optional.of("expected \"tcp\" or \"udp\"");
    };
  }

  /** Returns whether the value is a token of rathole. */
  static boolean isToken(FileValue value) {
    return Set.of(TOKEN, DEFAULT_TOKEN).contains(value.key().path());
  }
}
