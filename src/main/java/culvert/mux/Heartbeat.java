package culvert.mux;

import java.time.Duration;

/**
 * When a link sends a PING and when it considers its peer dead.
 *
 * @param every time without a byte received, or without a byte sent, after which a PING is sent
 * @param timeout time without a byte received after which the peer is considered dead, as is a peer
 *     that accepts no bytes for three times as long; longer than {@code every}
 */
public record Heartbeat(Duration every, Duration timeout) {

  private static final Duration MAX_TICK = Duration.ofMillis(500);

  /** Returns the interval between two checks. */
  Duration tick() {
    Duration quarter = every.dividedBy(4);
    return quarter.compareTo(MAX_TICK) < 0 ? quarter : MAX_TICK;
  }
}
