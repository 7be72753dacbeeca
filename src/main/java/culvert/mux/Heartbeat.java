package culvert.mux;

import java.time.Duration;

/**
 * When a link asks whether its peer is there, and when it gives it up.
 *
 * @param every a peer that has been silent for so long is sent a ping, as is one that has heard
 *     nothing from here
 * @param timeout one that stays silent for so long is lost, as is one that takes no bytes for three
 *     times as long; more than {@code every}
 */
public record Heartbeat(Duration every, Duration timeout) {

  private static final Duration MAX_TICK = Duration.ofMillis(500);

  /** How often a link looks. */
  Duration tick() {
    Duration quarter = every.dividedBy(4);
    return quarter.compareTo(MAX_TICK) < 0 ? quarter : MAX_TICK;
  }
}
