package culvert.bounce.server;

import static culvert.observe.LogEvent.event;

import culvert.net.Deadlines;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import java.time.Duration;

/**
 * Looks after writes that do not move: shows who waits for them, and drops a member that takes
 * nothing for too long. TCP finds such a peer only if it is dead, and then after a quarter of an
 * hour: keep-alive is silent for as long as something is not acknowledged.
 */
final class SlowMembers {

  private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);
  private static final Duration SHORTEST_PERIOD = Duration.ofMillis(10);

  private final Members members;
  private final Duration limit;
  private final Counters counters;
  private final Log log;

  private SlowMembers(Members members, Duration limit, Counters counters, Log log) {
    this.members = members;
    this.limit = limit;
    this.counters = counters;
    this.log = log;
  }

  /** Begins to look; one is dropped after {@code limit} and a little more, or never if it is 0. */
  static Deadlines.Deadline watch(
      Members members, Duration limit, Deadlines deadlines, Counters counters, Log log) {
    var slow = new SlowMembers(members, limit, counters, log);
    return deadlines.repeat(period(limit), slow::look);
  }

  private static Duration period(Duration limit) {
    Duration quarter = limit.dividedBy(4);
    if (limit.isZero() || quarter.compareTo(LONGEST_PERIOD) > 0) {
      return LONGEST_PERIOD;
    }
    return quarter.compareTo(SHORTEST_PERIOD) < 0 ? SHORTEST_PERIOD : quarter;
  }

  private void look() {
    long now = System.nanoTime();
    for (Member member : members.all()) {
      long nanos = member.stalledNanos(now);
      if (!limit.isZero() && nanos >= limit.toNanos()) {
        counters.count(Counter.MEMBERS_TOO_SLOW);
        members.reset(member, DisconnectReason.stalled(limit));
        log.warn(
            event("slow member dropped")
                .with("peer", member.name())
                .with("cause", DisconnectReason.stalled(limit)));
      }
    }
    members.all().forEach(member -> member.updateWaitingState(now));
  }
}
