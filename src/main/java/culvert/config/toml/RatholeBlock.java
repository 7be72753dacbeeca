package culvert.config.toml;

import culvert.net.HostPort;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Checks a block of rathole: tokens, and no secret of the native protocol. The keys are those of
 * rathole's configuration specification, with the additions of its later versions.
 */
final class RatholeBlock {

  private static final String TOKEN = "token";
  private static final String DEFAULT_TOKEN = "default_token";
  private static final List<String> TRANSPORTS = List.of("tcp", "tls", "noise", "websocket");

  /** Keys of the native protocol, each of which makes a block with tokens a native one. */
  private static final List<String> SECRETS = List.of("secret", "secret_file", "clients");

  private static final List<String> NOISE_KEYS = List.of("key_file", "peer_key");

  private static final String PATTERN = "transport.noise.pattern";
  private static final String OWN_KEY = "transport.noise.local_private_key";
  private static final String PEER_KEY = "transport.noise.remote_public_key";
  private static final String INVALID_KEY = "expected a key of 32 bytes in base64";

  private static final Layout SERVER = layout(Role.SERVER);
  private static final Layout CLIENT = layout(Role.CLIENT);

  private RatholeBlock() {}

  /** Returns whether a block has tokens and no secret, clients or Noise keys of Culvert. */
  static boolean matches(Role role, Table block) {
    Table noise = block.table("transport").table("noise");
    boolean isNative =
        SECRETS.stream().anyMatch(key -> block.find(key).isPresent())
            || NOISE_KEYS.stream().anyMatch(key -> noise.find(key).isPresent());
    return role != Role.BOUNCE && !isNative && hasToken(block);
  }

  private static boolean hasToken(Table block) {
    return block.find(DEFAULT_TOKEN).isPresent()
        || block.table("services").entries().stream()
            .anyMatch(
                entry -> entry.value() instanceof Table service && service.find(TOKEN).isPresent());
  }

  /** Returns the keys of rathole; none for the bounce server. */
  static Layout keys(Role role) {
    return switch (role) {
      case SERVER -> SERVER;
      case CLIENT -> CLIENT;
      case BOUNCE -> new Layout(Map.of());
    };
  }

  /** Checks the block. It has no values, because its protocol is not served yet. */
  static Block read(
      Role role, Table.Entry entry, Map<String, String> variables, List<Problem> problems) {
    Table table = (Table) entry.value();
    var found =
        new BlockReader(keys(role), path -> Optional.empty(), variables, problems)
            .read(role.block(), table);
    checkTokens(role, table, problems);
    checkAddress(role, entry, problems);
    checkTransport(role, table, found, problems);
    checkNoise(table, found, problems);
    return new Block(role, entry.line(), true, Map.of(), List.of());
  }

  private static void checkTokens(Role role, Table block, List<Problem> problems) {
    if (block.find(DEFAULT_TOKEN).isPresent()) {
      return;
    }
    for (Table.Entry service : block.table("services").entries()) {
      if (service.value() instanceof Table table && table.find(TOKEN).isEmpty()) {
        problems.add(
            new Problem(
                service.line(),
                role.block() + ".services." + service.name(),
                "the service needs 'token', or the block 'default_token'"));
      }
    }
  }

  private static void checkAddress(Role role, Table.Entry block, List<Problem> problems) {
    String address = role == Role.SERVER ? "bind_addr" : "remote_addr";
    if (((Table) block.value()).find(address).isEmpty()) {
      problems.add(new Problem(block.line(), role.block(), "the block needs '" + address + "'"));
    }
  }

  private static void checkTransport(
      Role role, Table block, List<FileValue> found, List<Problem> problems) {
    Table transport = block.table("transport");
    String type = transport.text("type").orElse("tcp");
    Consumer<String> needs =
        table ->
            problems.add(
                new Problem(
                    transport.line(),
                    role.block() + ".transport",
                    "type = \"" + type + "\" needs '" + table + "'"));
    boolean isTls =
        type.equals("tls")
            || type.equals("websocket")
                && found.stream()
                    .anyMatch(value ->
                        value.key().path().equals("transport.websocket.tls")
                            && value.text().equals("true"));
    if (isTls && transport.find("tls").isEmpty()) {
      needs.accept("tls");
    } else if (isTls && role == Role.SERVER) {
      for (String key : List.of("pkcs12", "pkcs12_password")) {
        if (transport.table("tls").find(key).isEmpty()) {
          needs.accept("tls." + key);
        }
      }
    }
    if (type.equals("websocket") && transport.table("websocket").find("tls").isEmpty()) {
      needs.accept("websocket.tls");
    }
    if (block.find("transport").isPresent() && transport.find("type").isEmpty()) {
      problems.add(
          new Problem(transport.line(), role.block() + ".transport", "the table needs 'type'"));
    }
  }

  /** Checks the values that only this transport uses. */
  private static void checkNoise(Table block, List<FileValue> found, List<Problem> problems) {
    if (!block.table("transport").text("type").orElse("").equals("noise")) {
      return;
    }
    for (FileValue value : found) {
      Optional<String> problem =
          switch (value.key().path()) {
            case PATTERN ->
                parsed(NoiseProtocol::parse, "expected a Noise protocol with NK, KK or XX")
                    .apply(value.text());
            case OWN_KEY ->
                parsed(NoiseKeyPair::ofPrivateText, INVALID_KEY).apply(value.text().strip());
            case PEER_KEY ->
                parsed(NoiseKeyPair::publicOfText, INVALID_KEY).apply(value.text().strip());
            default -> Optional.empty();
          };
      problem.ifPresent(message -> problems.add(new Problem(value.line(), value.name(), message)));
    }
  }

  private static Layout layout(Role role) {
    var keys = new ArrayList<Key>();
    keys.add(Key.ofSecret(DEFAULT_TOKEN));
    keys.add(Key.ofSecret("services.*.token"));
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
            "transport.tcp.proxy",
            Optional.empty(),
            Kind.TEXT,
            false,
            true,
            text ->
                text.startsWith("http://") || text.startsWith("socks5://")
                    ? Optional.empty()
                    : Optional.of("expected a URL with the scheme http or socks5")),
        Key.of("transport.tls.trusted_root", Kind.TEXT, Key.ANY),
        Key.of("transport.tls.hostname", Kind.TEXT, Key.ANY),
        Key.of("transport.tls.pkcs12", Kind.TEXT, Key.ANY),
        Key.ofSecret("transport.tls.pkcs12_password"),
        Key.of(PATTERN, Kind.TEXT, Key.ANY),
        Key.ofSecret(OWN_KEY),
        Key.of(PEER_KEY, Kind.TEXT, Key.ANY),
        Key.of("transport.websocket.tls", Kind.BOOLEAN, Key.ANY));
  }

  private static Key address(String path) {
    return Key.of(path, Kind.TEXT, parsed(HostPort::parse, "expected HOST:PORT"));
  }

  private static Key seconds(String path) {
    return Key.of(path, Kind.INTEGER, RatholeBlock::unsigned);
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

  private static Function<String, Optional<String>> parsed(
      Function<String, ?> parser, String expected) {
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
