package culvert.cli.option;

import culvert.config.BounceCredentials;
import culvert.config.FilePermissions;
import culvert.config.GroupAddress;
import culvert.config.TlsClientSettings;
import culvert.config.WebSocketSettings;
import culvert.protocol.PeerNames;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a bounce server, where the halves meet, lets either of them in. */
public final class BounceCredentialOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--bounce-auth",
      paramLabel = "TEXT",
      description =
          "What a bounce server wants to hear first. Others can see it in the process list; "
              + "CULVERT_BOUNCE_AUTH or --bounce-auth-file keeps it from them.")
  private String text;

  @Option(
      names = "--bounce-auth-file",
      paramLabel = "FILE",
      description = "Read that from this file.")
  private Path file;

  @Option(
      names = "--bounce-tls-ca",
      paramLabel = "FILE",
      description =
          "Authorities in PEM form, one of which must vouch for the bounce server's certificate, "
              + "for bounce+tls and bounce+wss (default: the system's, or those of SSL_CERT_FILE).")
  private Path authorities;

  @Option(
      names = "--bounce-tls-pin",
      paramLabel = "SHA256",
      description = "Take this certificate of the bounce server's and no other.")
  private String pin;

  @Option(
      names = "--bounce-tls-server-name",
      paramLabel = "NAME",
      description = "The name that its certificate must bear (default: its host in the URL).")
  private String serverName;

  @Option(
      names = "--bounce-ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Where its WebSocket is, for bounce+ws and bounce+wss (default: /).")
  private String path;

  /**
   * What is set.
   *
   * @param groups that are to be joined
   * @param environment may name the file of authorities
   * @throws IllegalArgumentException naming the option that is no good
   */
  public BounceCredentials access(List<GroupAddress> groups, Map<String, String> environment) {
    var authentication = BounceAuthOptions.choose(spec, "--bounce-auth", text, file);
    boolean wanted = groups.stream().anyMatch(group -> group.transport().isTls());
    boolean given = pin != null || authorities != null || serverName != null;
    try {
      var tls =
          new TlsClientSettings(
              TlsTrustOptions.trust(authorities, pin, environment),
              Optional.ofNullable(serverName),
              Optional.empty());
      return new BounceCredentials(
          authentication,
          given || wanted ? Optional.of(tls) : Optional.empty(),
          new WebSocketSettings(path, Optional.empty()));
    } catch (IllegalArgumentException e) {
      // The same options have other names where there is nothing but a bounce server.
      throw new IllegalArgumentException(
          BounceCredentials.named(PeerNames.BOUNCE_SERVER_OF_PROXY.optionPrefix(), e.getMessage()),
          e);
    }
  }

  /** What is not wrong but should be better, a line for each. */
  public List<String> advice() {
    return Optional.ofNullable(file)
        .flatMap(given -> FilePermissions.of("--bounce-auth-file", given))
        .stream()
        .toList();
  }
}
