package culvert.cli.option;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import culvert.config.ByteCount;
import culvert.config.ClientSettings;
import culvert.config.FilePermissions;
import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.config.ShortList;
import culvert.config.toml.FileValue;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** The clients of a remote proxy. Only a settings file has them. */
public final class FileClients {

  private final FileSettings file;

  private FileClients(FileSettings file) {
    this.file = file;
  }

  /** Returns the clients of the settings file of a command that has been parsed. */
  public static FileClients in(CommandSpec command) {
    return new FileClients(FileSettings.in(command));
  }

  /** Returns whether there is a table of clients, which may be empty. */
  public boolean isPresent() {
    return file.hasClients();
  }

  /**
   * Reads the clients. A client whose secret is missing, because its value is invalid, is left out.
   *
   * @throws IllegalArgumentException naming the secret or the file that is invalid
   */
  public List<ClientSettings> all() {
    Map<String, Secret> secrets = new LinkedHashMap<>();
    for (FileValue value : file.values(Setting.CLIENT_SECRET)) {
      secrets.put(value.service(), Secret.of(place(Setting.CLIENT_SECRET, value), value.text()));
    }
    for (FileValue value : file.values(Setting.CLIENT_SECRET_FILE)) {
      ServiceSetting place = place(Setting.CLIENT_SECRET_FILE, value);
      secrets.put(value.service(), Secret.read(place, Path.of(value.text())));
    }
    Map<String, List<String>> services = byClient(Setting.CLIENT_SERVICES, Function.identity());
    Map<String, List<PortInterval>> ports = byClient(Setting.CLIENT_PORTS, PortInterval::parse);
    Map<String, List<ByteCount>> bandwidths =
        byClient(Setting.CLIENT_MAX_BANDWIDTH, ByteCount::parse);
    return secrets.entrySet().stream()
        .map(client ->
            new ClientSettings(
                client.getKey(),
                client.getValue(),
                services.getOrDefault(client.getKey(), List.of()),
                ports.getOrDefault(client.getKey(), List.of()),
                bandwidths.getOrDefault(client.getKey(), List.of()).stream().findFirst()))
        .toList();
  }

  private static ServiceSetting place(Setting setting, FileValue value) {
    return new ServiceSetting(setting, value.service());
  }

  private <T> Map<String, List<T>> byClient(Setting setting, Function<String, T> parser) {
    return file.values(setting).stream()
        .collect(
            groupingBy(FileValue::service, mapping(value -> parser.apply(value.text()), toList())));
  }

  /**
   * Returns warnings about clients that are valid and cannot be as intended.
   *
   * @param settings the settings with the clients
   */
  public List<SettingMessage> advice(RemoteSettings settings) {
    var lines = new ArrayList<SettingMessage>();
    if (settings.isClientRequired() && settings.clients().isEmpty()) {
      lines.add(
          SettingMessage.of(
              "NO CLIENT IS SET, and no secret: no origin proxy can log in. After a restart without"
                  + " an empty table of clients, every origin proxy could; set %s, or add a client",
              Setting.SECRET));
    }
    addNames(
        lines,
        "other users can access the files with the secrets of these clients: %s; 'chmod 600' them",
        file.values(Setting.CLIENT_SECRET_FILE).stream()
            .filter(value -> FilePermissions.isOpenToOthers(Path.of(value.text())))
            .map(FileValue::service));
    addNames(
        lines,
        "the secrets of these clients are short: %s; with a recorded login a short secret can be"
            + " found by guessing; 'culvert keygen' prints one that cannot be guessed",
        settings.clients().stream()
            .filter(client -> client.secret().isShort())
            .map(ClientSettings::name));
    addNames(
        lines,
        "these clients may offer services that the remote proxy does not have: %s",
        settings.clients().stream()
            .flatMap(client -> unknownServices(client, settings.services())));
    addNames(
        lines,
        "these clients may request ports outside of the port range: %s",
        settings.clients().stream().flatMap(client -> unknownPorts(client, settings.ports())));
    return lines;
  }

  private static void addNames(
      List<SettingMessage> lines, String format, Stream<String> namesOfClients) {
    List<String> names = namesOfClients.toList();
    if (!names.isEmpty()) {
      lines.add(SettingMessage.of(format, ShortList.of(names)));
    }
  }

  private static Stream<String> unknownServices(
      ClientSettings client, List<ServiceAddress> services) {
    return client.services().stream()
        .filter(pattern -> !pattern.endsWith("*"))
        .filter(name -> services.stream().noneMatch(service -> service.service().equals(name)))
        .map(name -> client.name() + " (" + name + ")");
  }

  private static Stream<String> unknownPorts(ClientSettings client, Optional<PortRange> range) {
    return client.ports().stream()
        .filter(interval -> range.flatMap(interval::within).isEmpty())
        .map(interval -> client.name() + " (" + interval + ")");
  }
}
