package culvert.config;

import culvert.net.HostPort;
import culvert.protocol.bounce.BounceGreeting;
import java.time.Duration;
import java.util.Optional;

/**
 * All settings of a bounce server.
 *
 * @param listen where members dial in
 * @param wire how it greets them
 * @param authentication what they must say first
 * @param entry what it allows to strangers
 * @param groups what it joins
 * @param transport what wraps their connections; Noise is not among it
 * @param tls who it shows itself to be, where that is TLS
 * @param webSocket how a WebSocket is asked for, where that is one
 * @param drain how long members may go on after a stop was asked for
 * @param logPeriod a source that had a log line of a kind has the next one so much later
 */
public record BounceSettings(
    HostPort listen,
    BounceGreeting wire,
    Optional<BounceAuthentication> authentication,
    BounceLoginLimits entry,
    BounceGroups groups,
    TransportKind transport,
    Optional<TlsServerSettings> tls,
    WebSocketSettings webSocket,
    Duration drain,
    Duration logPeriod) {

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public BounceSettings {
    if (transport == TransportKind.NOISE) {
      throw new IllegalArgumentException(
          "--transport noise is not for a bounce server: give plain, tls, ws or wss");
    }
    new TransportSettings(Optional.of(transport), Optional.empty(), webSocket)
        .check(false, tls.isPresent(), false);
    Checks.certificate(transport, tls);
  }
}
