package culvert.bounce.server;

import static culvert.observe.LogEvent.event;

import culvert.net.Deadlines;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import java.time.Duration;

/**
 * Detects writes that make no progress: marks the members that wait for them, and disconnects a
 * member that accepts no data for too long. TCP detects such a peer only if it is dead, and only
 * after a quarter of an hour, because keepalive probes are not sent while data is unacknowledged.
 */
final class SlowMembers {

  private static final Duration MAX_PERIOD = Duration.ofSeconds(1);
  private static final Duration MIN_PERIOD = Duration.ofMillis(10);

  private final Members members;
  private final Duration limit;
  private final Counters counters;
  private final LimitedLog<SourcePrefix> log;

  private SlowMembers(
      Members members, Duration limit, Counters counters, LimitedLog<SourcePrefix> log) {
    this.members = members;
    this.limit = limit;
    this.counters = counters;
    this.log = log;
  }

  /**
   * Starts the periodic check.
   *
   * @param limit time after which a stalled member is disconnected, at the next check; zero means
   *     never
   */
  static Deadlines.Deadline watch(
      Members members,
      Duration limit,
      Deadlines deadlines,
      Counters counters,
      LimitedLog<SourcePrefix> log) {
    var slow = new SlowMembers(members, limit, counters, log);
    return deadlines.repeat(period(limit), slow::check);
  }

  private static Duration period(Duration limit) {
    Duration quarter = limit.dividedBy(4);
    if (limit.isZero() || quarter.compareTo(MAX_PERIOD) > 0) {
      return MAX_PERIOD;
    }
    return quarter.compareTo(MIN_PERIOD) < 0 ? MIN_PERIOD : quarter;
  }

  private void check() {
    long now = System.nanoTime();
    for (Member member : members.all()) {
      long nanos = member.stalledNanos(now);
      if (!limit.isZero() && nanos >= limit.toNanos()) {
        counters.count(Counter.MEMBERS_TOO_SLOW);
        members.reset(member, DisconnectReason.stalled(limit));
        log.warn(
            SourcePrefix.of(member.peer().getAddress()),
            event("slow member disconnected")
                .with("peer", member.name())
                .with("cause", DisconnectReason.stalled(limit)));
      }
    }
    members.all().forEach(member -> member.updateWaitingState(now));
  }
}
