package culvert.config;

import culvert.protocol.bounce.BounceGreeting;
import culvert.setting.Setting;
import java.time.Duration;
import java.util.Optional;

/**
 * All settings of a client that joins a channel group on its own, without a proxy.
 *
 * @param group the group to join
 * @param credentials the credentials for the bounce server
 * @param greeting the greeting that the bounce server sends
 * @param via the outbound proxy to the bounce server, if any
 * @param connectTimeout timeout of each connection, to the group or to a local server
 * @param halfClose maximum silence of a half-closed relay
 */
public record BounceClientSettings(
    GroupAddress group,
    BounceCredentials credentials,
    BounceGreeting greeting,
    Optional<OutboundProxy> via,
    Duration connectTimeout,
    Duration halfClose) {

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BounceClientSettings {
    new TransportSettings(Optional.of(group.transport()), Optional.empty(), credentials.webSocket())
        .check(Setting.BOUNCE_TRANSPORT, false, credentials.tls().isPresent(), true);
    Checks.positive(Setting.CONNECT_TIMEOUT, connectTimeout, Checks.NO_CONNECTION);
    Checks.positive(Setting.HALF_CLOSE_TIMEOUT, halfClose, Checks.CUT_ANSWERS);
  }
}
