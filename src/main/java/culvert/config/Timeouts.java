package culvert.config;

import culvert.net.Durations;
import culvert.net.Relay;
import culvert.setting.Setting;
import java.time.Duration;
import java.util.Optional;

/**
 * Timeouts and intervals of both roles.
 *
 * @param handshake maximum time from the connection between the halves to an active session
 * @param heartbeat time without data from the peer after which a PING is sent
 * @param heartbeatTimeout time without data after which the peer is considered dead, as is a peer
 *     that accepts no bytes for three times as long
 * @param halfClose maximum silence of a half-closed relay
 * @param idle maximum silence of any other relay; without a limit if empty
 * @param drain maximum time that relays may continue after a stop is requested; zero resets them at
 *     once
 * @param logPeriod minimum time between two log lines of one kind about one source
 */
public record Timeouts(
    Duration handshake,
    Duration heartbeat,
    Duration heartbeatTimeout,
    Duration halfClose,
    Optional<Duration> idle,
    Duration drain,
    Duration logPeriod) {

  private static final Duration MIN_HEARTBEAT = Duration.ofMillis(100);

  /** The defaults of the command line. */
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Optional.empty(),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10));

  /**
   * Validates the combination.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public Timeouts {
    Checks.positive(Setting.HANDSHAKE_TIMEOUT, handshake, "no session could start");
    Checks.positive(Setting.HALF_CLOSE_TIMEOUT, halfClose, Checks.CUT_ANSWERS);
    idle.ifPresent(
        limit -> Checks.positive(Setting.IDLE_TIMEOUT, limit, Checks.NO_IDLE_CONNECTION));
    if (heartbeat.compareTo(MIN_HEARTBEAT) < 0) {
      throw new InvalidSettingException(
          Setting.HEARTBEAT, Durations.of(heartbeat), "at least " + Durations.of(MIN_HEARTBEAT));
    }
    if (heartbeatTimeout.compareTo(heartbeat) <= 0) {
      throw new InvalidSettingException(
          Setting.HEARTBEAT_TIMEOUT,
          Durations.of(heartbeatTimeout),
          "a duration longer than %s (%s), or each pause would end the session",
          Setting.HEARTBEAT,
          Durations.of(heartbeat));
    }
  }

  /** Returns these with those of a running role that do not change while it runs. */
  Timeouts keeping(Timeouts running) {
    return new Timeouts(
        running.handshake,
        running.heartbeat,
        running.heartbeatTimeout,
        halfClose,
        idle,
        drain,
        running.logPeriod);
  }

  /** Returns how long a relay may be idle. */
  public Relay.IdleLimits idleLimits() {
    return new Relay.IdleLimits(halfClose, idle);
  }
}
