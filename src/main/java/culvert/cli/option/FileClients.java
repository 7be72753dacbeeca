package culvert.cli.option;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import culvert.config.ClientSettings;
import culvert.config.FilePermissions;
import culvert.config.PortInterval;
import culvert.config.Secret;
import culvert.config.toml.FileValue;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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

  /**
   * Reads the clients. One of which a value is invalid and missing is left out.
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
    return secrets.entrySet().stream()
        .map(client ->
            new ClientSettings(
                client.getKey(),
                client.getValue(),
                services.getOrDefault(client.getKey(), List.of()),
                ports.getOrDefault(client.getKey(), List.of())))
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

  /** Returns warnings about secrets that can be guessed, and about files that others can read. */
  public List<SettingMessage> advice(List<ClientSettings> clients) {
    var lines = new ArrayList<SettingMessage>();
    for (FileValue value : file.values(Setting.CLIENT_SECRET_FILE)) {
      FilePermissions.of(place(Setting.CLIENT_SECRET_FILE, value), Path.of(value.text()))
          .ifPresent(lines::add);
    }
    List<String> guessable =
        clients.stream()
            .filter(client -> client.secret().isShort())
            .map(ClientSettings::name)
            .toList();
    if (!guessable.isEmpty()) {
      lines.add(
          SettingMessage.of(
              "the secrets of these clients are short: %s; with a recorded login a short secret can"
                  + " be found by guessing; 'culvert keygen' prints one that cannot be guessed",
              String.join(", ", guessable)));
    }
    return lines;
  }
}
