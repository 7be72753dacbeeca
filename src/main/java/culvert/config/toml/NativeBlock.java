package culvert.config.toml;

import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a block of the native protocol, or of the bounce server. */
final class NativeBlock {

  /** The prefix of a secret's value that names a file. */
  static final String FILE = "file:";

  /** The setting that names a file, for each whose value may be the name of one. */
  private static final Map<Setting, Setting> FILE_OF =
      Map.of(
          Setting.SECRET, Setting.SECRET_FILE,
          Setting.CLIENT_SECRET, Setting.CLIENT_SECRET_FILE,
          Setting.BORE_SECRET, Setting.BORE_SECRET_FILE,
          Setting.AUTH, Setting.AUTH_FILE,
          Setting.BOUNCE_AUTH, Setting.BOUNCE_AUTH_FILE);

  /** Keys of rathole that have an equivalent under another name. */
  private static final Map<String, String> EQUIVALENTS =
      Map.of(
          "transport.noise.local_private_key", "transport.noise.key_file",
          "transport.noise.remote_public_key", "transport.noise.peer_key",
          "transport.tls.pkcs12_password", "transport.tls.pkcs12_password_file");

  /** Maximum services of a remote proxy. */
  static final int MAX_SERVICES = 5000;

  /** Maximum services of an origin proxy: one session may offer so many. */
  static final int MAX_OFFERS = 1000;

  /** Maximum values of rules, each counted once for every port of its service. */
  static final int MAX_RULES = 10_000;

  private final Role role;
  private final Layout layout;
  private final Layout rathole;
  private final List<Problem> problems;
  private final Map<Setting, List<FileValue>> values = new EnumMap<>(Setting.class);

  /** The services so far, one for each port. */
  private int services;

  /** The services of each table, one for each port, if its address is valid. */
  private final Map<String, List<String>> ports = new HashMap<>();

  private int rules;

  private NativeBlock(Role role, Layout layout, Layout rathole, List<Problem> problems) {
    this.role = role;
    this.layout = layout;
    this.rathole = rathole;
    this.problems = problems;
  }

  /**
   * Reads the block.
   *
   * @param layout the keys of the role
   * @param rathole the keys of rathole in such a block, for messages
   */
  static Block read(
      Role role,
      Table.Entry entry,
      Layout layout,
      Layout rathole,
      Map<String, String> variables,
      List<Problem> problems) {
    var block = new NativeBlock(role, layout, rathole, problems);
    Table table = (Table) entry.value();
    var found =
        new BlockReader(layout, block::unknown, variables, problems).read(role.block(), table);
    Set<String> udp = udpServices(found);
    found.stream()
        .filter(value -> !isRule(value))
        .forEach(value -> block.add(value, udp.contains(value.service())));
    found.stream().filter(NativeBlock::isRule).forEach(block::addRule);
    block.setTransport(found);
    boolean hasClients = role == Role.SERVER && table.find("clients").isPresent();
    return new Block(role, entry.line(), false, hasClients, block.values, notes(found));
  }

  private static boolean isRule(FileValue value) {
    return value.key().isOfService() && !value.key().isAddressOfService();
  }

  /** Adds a value to each service of its table. */
  private void addRule(FileValue value) {
    Optional<Setting> setting = value.key().setting();
    List<String> services = ports.getOrDefault(value.service(), List.of());
    if (setting.isEmpty() || rules > MAX_RULES) {
      return;
    }
    rules += services.size();
    if (rules > MAX_RULES) {
      addProblem(setting.get(), value, "the block has more than " + MAX_RULES + " such values");
      return;
    }
    services.forEach(service -> put(setting.get(), value.of(value.key(), service, value.text())));
  }

  private Optional<String> unknown(String path) {
    if (EQUIVALENTS.containsKey(path)) {
      return Optional.of(
          "the key belongs to the rathole protocol; use '" + EQUIVALENTS.get(path) + "' here");
    }
    return rathole.find(path).isPresent() || rathole.isTable(path)
        ? Optional.of("the key belongs to the rathole protocol and has no effect here; remove it")
        : Optional.empty();
  }

  private static Set<String> udpServices(List<FileValue> found) {
    return found.stream()
        .filter(value -> value.key().path().equals(NativeKeys.TYPE_OF_SERVICE))
        .filter(value -> value.text().equals(NativeKeys.UDP))
        .map(FileValue::service)
        .collect(Collectors.toSet());
  }

  /**
   * Adds a value.
   *
   * @param isUdp whether it belongs to a UDP service
   */
  private void add(FileValue value, boolean isUdp) {
    if (value.key().setting().isEmpty()) {
      return;
    }
    Setting setting = value.key().setting().get();
    boolean isOfService = value.key().isOfService();
    Optional<PortSpan> span = isOfService ? PortSpan.parse(value.text()) : Optional.empty();
    String prefix = (isOfService && isUdp ? ServiceType.UDP : ServiceType.TCP).prefix();
    if (isOfService && !countServices(setting, value, span)) {
      return;
    }
    if (span.isPresent()) {
      List<String> addresses = span.get().addresses();
      String last = value.service() + "." + (addresses.size() - 1);
      if (!hasName(last)) {
        addProblem(setting, value, "the name '" + last + "' of its last port is too long");
        return;
      }
      var names = new ArrayList<String>();
      for (int i = 0; i < addresses.size(); i++) {
        names.add(value.service() + "." + i);
        put(setting, value.of(value.key(), names.getLast(), prefix + addresses.get(i)));
      }
      ports.put(value.service(), names);
    } else if (FILE_OF.containsKey(setting) && value.isLiteral() && value.text().startsWith(FILE)) {
      Setting file = FILE_OF.get(setting);
      Key key = layout.find(file).orElseThrow();
      if (key.isList() && value.text().contains(",")) {
        addProblem(setting, value, "a file name with a comma is not supported");
        return;
      }
      put(file, value.of(key, value.service(), value.text().substring(FILE.length())));
    } else {
      put(setting, value.withText(prefix + value.text()));
      if (isOfService) {
        ports.put(value.service(), List.of(value.service()));
      }
    }
  }

  /** Returns whether the block may have the services of one more value. */
  private boolean countServices(Setting setting, FileValue value, Optional<PortSpan> span) {
    int max = role == Role.CLIENT ? MAX_OFFERS : MAX_SERVICES;
    boolean isExceeded = services > max;
    services += span.map(PortSpan::size).orElse(1);
    if (services > max && !isExceeded) {
      addProblem(setting, value, "the block has more than " + max + " services");
    }
    return services <= max;
  }

  private static boolean hasName(String service) {
    try {
      ServiceAddress.checkName(service);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void addProblem(Setting setting, FileValue value, String message) {
    var place = new ServiceSetting(setting, value.service());
    problems.add(new Problem(value.line(), value.name(), message, Set.of(place)));
  }

  private void put(Setting setting, FileValue value) {
    values.computeIfAbsent(setting, key -> new ArrayList<>()).add(value);
  }

  /** Replaces rathole's values of the transport by those of the option. */
  private void setTransport(List<FileValue> found) {
    Optional<FileValue> type = find(found, NativeKeys.TRANSPORT_TYPE);
    Optional<FileValue> tls = find(found, NativeKeys.WEB_SOCKET_TLS);
    String word = type.map(FileValue::text).orElse(NativeKeys.TCP);
    if (tls.isPresent() && !word.equals(NativeKeys.WEB_SOCKET)) {
      problems.add(
          new Problem(
              tls.get().line(),
              tls.get().name(),
              "the key has no effect without type = \"websocket\""));
    }
    type.flatMap(given -> given.key().setting())
        .ifPresent(setting -> {
          switch (word) {
            case NativeKeys.TCP -> values.remove(setting);
            case NativeKeys.WEB_SOCKET -> {
              boolean isTls = tls.filter(given -> given.text().equals("true")).isPresent();
              values.put(setting, List.of(type.get().withText(isTls ? "wss" : "ws")));
            }
            default -> {}
          }
        });
  }

  private static Optional<FileValue> find(List<FileValue> found, String path) {
    return found.stream().filter(value -> value.key().path().equals(path)).findFirst();
  }

  private static List<String> notes(List<FileValue> found) {
    return found.stream()
        .filter(NativeKeys::isToken)
        .map(value ->
            value
                + " has no effect: tokens belong to the rathole protocol, which is not served yet")
        .toList();
  }
}
