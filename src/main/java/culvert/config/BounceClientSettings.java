package culvert.config;

import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All settings of who joins a channel group by itself.
 *
 * @param group which one
 * @param access how the bounce server lets it in
 * @param wire how the bounce server greets
 * @param via the proxy that is the way out to the bounce server, if there is one
 * @param connectTimeout for each connection: into the group, or to a server beside this side
 * @param halfClose how long a half-closed relay may be silent
 */
public record BounceClientSettings(
    GroupAddress group,
    BounceCredentials access,
    BounceGreeting wire,
    Optional<OutboundProxy> via,
    Duration connectTimeout,
    Duration halfClose) {

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public BounceClientSettings {
    access.check(PeerNames.BOUNCE_SERVER, List.of(group));
    if (connectTimeout.isZero()) {
      throw new IllegalArgumentException("--connect-timeout is zero: nothing could be reached");
    }
    if (halfClose.isZero()) {
      throw new IllegalArgumentException("--half-close-timeout is zero: answers would be cut off");
    }
  }
}
