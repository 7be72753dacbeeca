package culvert.config.toml;

import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks a block of rathole: tokens, and no secret of the native protocol. */
final class RatholeBlock {

  /** Keys of the native protocol, each of which makes a block with tokens a native one. */
  private static final List<String> SECRETS = List.of("secret", "secret_file", "clients");

  private static final List<String> NOISE_KEYS = List.of("key_file", "peer_key");

  private static final String INVALID_KEY = "expected a key of 32 bytes in base64";

  private final Role role;
  private final Table table;
  private final Table transport;
  private final String transportType;
  private final List<FileValue> found;
  private final List<Problem> problems;

  private RatholeBlock(Role role, Table table, List<FileValue> found, List<Problem> problems) {
    this.role = role;
    this.table = table;
    this.transport = table.table("transport");
    this.transportType = transport.text("type").orElse("tcp");
    this.found = found;
    this.problems = problems;
  }

  /** Returns whether a block has tokens and no secret, clients or Noise keys of Culvert. */
  static boolean matches(Role role, Table block) {
    Table noise = block.table("transport").table("noise");
    boolean isNative =
        SECRETS.stream().anyMatch(key -> block.find(key).isPresent())
            || NOISE_KEYS.stream().anyMatch(key -> noise.find(key).isPresent());
    return role != Role.BOUNCE && !isNative && hasToken(block);
  }

  private static boolean hasToken(Table block) {
    return block.find(RatholeKeys.DEFAULT_TOKEN).isPresent()
        || block.table("services").entries().stream()
            .anyMatch(entry ->
                entry.value() instanceof Table service
                    && service.find(RatholeKeys.TOKEN).isPresent());
  }

  /** Checks the block. It has no values, because its protocol is not served yet. */
  static Block read(
      Role role, Table.Entry entry, Map<String, String> variables, List<Problem> problems) {
    Table table = (Table) entry.value();
    List<FileValue> found =
        new BlockReader(RatholeKeys.of(role), path -> Optional.empty(), variables, problems)
            .read(role.block(), table);
    var block = new RatholeBlock(role, table, found, problems);
    block.checkKeys(entry.line());
    block.checkTokens();
    block.checkTransport();
    block.checkNoise();
    return new Block(role, entry.line(), true, false, Map.of(), List.of());
  }

  private void checkKeys(int line) {
    List.of(role == Role.SERVER ? "bind_addr" : "remote_addr", "services").stream()
        .filter(key -> table.find(key).isEmpty())
        .map(key -> new Problem(line, role.block(), "the block needs '" + key + "'"))
        .forEach(problems::add);
  }

  private void checkTokens() {
    if (table.find(RatholeKeys.DEFAULT_TOKEN).isPresent()) {
      return;
    }
    for (Table.Entry service : table.table("services").entries()) {
      if (service.value() instanceof Table keys && keys.find(RatholeKeys.TOKEN).isEmpty()) {
        problems.add(
            new Problem(
                service.line(),
                role.block() + ".services." + service.name(),
                "the service needs 'token', or the block 'default_token'"));
      }
    }
  }

  private void checkTransport() {
    if (table.find("transport").isPresent() && transport.find("type").isEmpty()) {
      addProblem("the table needs 'type'");
    }
    if (transportType.equals("websocket") && transport.table("websocket").find("tls").isEmpty()) {
      addMissing("websocket.tls");
    }
    if (isTls() && transport.find("tls").isEmpty()) {
      addMissing("tls");
    } else if (isTls() && role == Role.SERVER) {
      List.of("pkcs12", "pkcs12_password").stream()
          .filter(key -> transport.table("tls").find(key).isEmpty())
          .forEach(key -> addMissing("tls." + key));
    }
  }

  private boolean isTls() {
    return transportType.equals("tls")
        || transportType.equals("websocket")
            && found.stream()
                .anyMatch(value ->
                    value.key().path().equals(RatholeKeys.WEB_SOCKET_TLS)
                        && value.text().equals("true"));
  }

  private void addMissing(String key) {
    addProblem("type = \"" + transportType + "\" needs '" + key + "'");
  }

  private void addProblem(String message) {
    problems.add(new Problem(transport.line(), role.block() + ".transport", message));
  }

  /** Checks the values that only this transport uses. */
  private void checkNoise() {
    if (transportType.equals("noise")) {
      if (needsPeerKey() && transport.table("noise").find("remote_public_key").isEmpty()) {
        addMissing("noise.remote_public_key");
      }
      for (FileValue value : found) {
        noiseProblem(value.key().path(), value.text().strip())
            .map(message -> new Problem(value.line(), value.name(), message))
            .ifPresent(problems::add);
      }
    }
  }

  /** Returns whether the pattern is one in which this side knows the other's key before. */
  private boolean needsPeerKey() {
    String pattern = transport.table("noise").text("pattern").orElse("Noise_NK_");
    return pattern.startsWith("Noise_KK_")
        || role == Role.CLIENT && pattern.startsWith("Noise_NK_");
  }

  private static Optional<String> noiseProblem(String path, String text) {
    return switch (path) {
      case RatholeKeys.PATTERN ->
          RatholeKeys.parsed(NoiseProtocol::parse, "expected a Noise protocol with NK, KK or XX")
              .apply(text);
      case RatholeKeys.OWN_KEY ->
          RatholeKeys.parsed(NoiseKeyPair::ofPrivateText, INVALID_KEY).apply(text);
      case RatholeKeys.PEER_KEY ->
          RatholeKeys.parsed(NoiseKeyPair::publicOfText, INVALID_KEY).apply(text);
      default -> Optional.empty();
    };
  }
}
