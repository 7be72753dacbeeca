package culvert.config;

import java.time.Duration;

/**
 * What both roles wait for, and for how long.
 *
 * @param handshake from the connection between the halves to a session that serves
 * @param heartbeat a peer that was silent for so long is asked for a sign of life
 * @param heartbeatTimeout one that stays silent for so long is lost, as is one that takes nothing
 *     for three times as long
 * @param halfClose how long a half-closed relay may be silent
 * @param drain how long relays may go on after a stop was asked for; zero resets them at once
 * @param logPeriod a source that had a log line of a kind has the next one so much later
 */
public record Timeouts(
    Duration handshake,
    Duration heartbeat,
    Duration heartbeatTimeout,
    Duration halfClose,
    Duration drain,
    Duration logPeriod) {

  private static final Duration MIN_HEARTBEAT = Duration.ofMillis(100);

  /** What the command line has where nothing is given. */
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10));

  /**
   * Checks what only shows when all is together.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public Timeouts {
    if (handshake.isZero()) {
      throw new IllegalArgumentException("--handshake-timeout is zero: no session could begin");
    }
    if (halfClose.isZero()) {
      throw new IllegalArgumentException("--half-close-timeout is zero: answers would be cut off");
    }
    if (heartbeat.compareTo(MIN_HEARTBEAT) < 0) {
      throw new IllegalArgumentException("--heartbeat is shorter than 100ms");
    }
    if (heartbeatTimeout.compareTo(heartbeat) <= 0) {
      throw new IllegalArgumentException(
          "--heartbeat-timeout is not longer than --heartbeat: every silence would be an end");
    }
  }
}
