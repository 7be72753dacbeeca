package culvert.config;

import culvert.net.HostPort;
import culvert.protocol.bounce.BounceGreeting;
import culvert.setting.Setting;
import java.time.Duration;
import java.util.Optional;

/**
 * All settings of a bounce server.
 *
 * @param listen the address that members connect to
 * @param greeting the greeting that it sends
 * @param authentication the string that members must send first, if any
 * @param loginLimits limits on unauthenticated connections
 * @param groups the channel groups
 * @param transport the transport of members' connections; not Noise
 * @param tls its certificate, for TLS
 * @param webSocket the WebSocket request to accept, for WebSockets
 * @param drain maximum time that members may continue after a stop is requested
 * @param logPeriod minimum time between two log lines of one kind about one source
 */
public record BounceSettings(
    HostPort listen,
    BounceGreeting greeting,
    Optional<BounceAuthentication> authentication,
    BounceLoginLimits loginLimits,
    BounceGroups groups,
    TransportKind transport,
    Optional<TlsServerSettings> tls,
    WebSocketSettings webSocket,
    Duration drain,
    Duration logPeriod) {

  /** Description of the transports that are possible. */
  static final String TRANSPORTS =
      "plain, tls, ws or wss; members of a bounce server may use Noise between each other";

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BounceSettings {
    if (transport == TransportKind.NOISE) {
      throw new InvalidSettingException(Setting.BOUNCE_TRANSPORT, transport.word(), TRANSPORTS);
    }
    new TransportSettings(Optional.of(transport), Optional.empty(), webSocket)
        .check(Setting.BOUNCE_TRANSPORT, false, tls.isPresent(), false);
    Checks.certificate(Setting.BOUNCE_TRANSPORT, transport, tls);
  }
}
