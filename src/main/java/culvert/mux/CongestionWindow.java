package culvert.mux;

/**
 * Bounds the bytes of a leg that are under way, so that a keystroke does not queue behind seconds
 * of bulk in the kernel's send buffer: Java has no TCP_NOTSENT_LOWAT. Pings that carry the count of
 * bytes before them tell what has arrived and how long it took. While that stays near the shortest
 * time seen, the bound doubles each round trip that uses it up; once bytes queue for longer than
 * {@link #MAX_QUEUE_NANOS}, it shrinks to what would not, and grows with care for a while. Where
 * that does not help, it was not our bytes that queued. Not thread-safe: the writer's lock guards
 * it.
 */
final class CongestionWindow {

  private static final long MIN_BYTES = 32 * 1024;
  private static final long FIRST_BYTES = 512 * 1024;
  private static final long MAX_BYTES = 32 * 1024 * 1024;

  /** Less room than this is none, so that frames do not crumble. */
  static final int MIN_ROOM_BYTES = 1024;

  private static final long MIN_PING_BYTES = 16 * 1024;
  private static final long MAX_QUEUE_NANOS = 25_000_000;

  /**
   * After bytes have queued the bound grows by an eighth, so many times, before it doubles again.
   */
  private static final int CAREFUL_STEPS = 8;

  /**
   * A delay that stays when a quarter of the bytes is left is the path's own, or other people's
   * bytes: relays that wait for acknowledgements, machines that are busy. Fewer bytes would only be
   * slower. For so long it is not taken for our queue again.
   */
  private static final long PATH_AGE_NANOS = 10_000_000_000L;

  private static final long PING_PERIOD_NANOS = 200_000_000;
  private static final long SHORTEST_AGE_NANOS = 60_000_000_000L;
  private static final long UNKNOWN_ROUND_TRIP_NANOS = 50_000_000;

  /** More pings than this under way are not told apart, which only loses samples. */
  private static final int REMEMBERED_PINGS = 64;

  private final long[] pingTokens = new long[REMEMBERED_PINGS];
  private final long[] pingNanos = new long[REMEMBERED_PINGS];
  private final long[] pingFlights = new long[REMEMBERED_PINGS];
  private long pings;
  private long answered;

  private long bound = FIRST_BYTES;
  private long sent;
  private long arrived;
  private long lastPinged = -1;
  private long lastPingNanos;
  private boolean usedUp;
  private int carefulSteps;
  private long lastChangeNanos;
  private long shortestNanos = Long.MAX_VALUE;
  private long shortestSinceNanos;
  private long pathNanos;
  private long pathSinceNanos;

  /** The longest queue seen lately, and what was under way then; 0 if there was none. */
  private long longestQueueNanos;

  private long longestFlight;
  private long longestSinceNanos;

  /** Readable without the lock. */
  private volatile long roundTripNanos = UNKNOWN_ROUND_TRIP_NANOS;

  /** How many bytes more may go, beside {@code batched} that wait: none, or enough for a frame. */
  long room(long batched) {
    long room = bound - (sent - arrived) - batched;
    if (room < MIN_ROOM_BYTES) {
      usedUp = true;
      return 0;
    }
    return room;
  }

  /** Notes that {@code bytes} are being written. */
  void sent(long bytes) {
    sent += bytes;
  }

  /** Whether bytes are under way, as far as is known. */
  boolean isUnderWay() {
    return arrived < sent;
  }

  /** Bytes sent and bytes arrived together. */
  long moved() {
    return sent + arrived;
  }

  /** How many bytes the peer is known to have. */
  long arrived() {
    return arrived;
  }

  /** Whether the batch being put together should end with a ping. */
  boolean pingDue(long nowNanos) {
    long unpinged = sent - lastPinged;
    return lastPinged < 0
        || unpinged >= Math.max(MIN_PING_BYTES, bound / 8)
        || nowNanos - lastPingNanos > PING_PERIOD_NANOS;
  }

  /** Whether nothing can go before a pong comes, and no ping is under way that would bring it. */
  boolean pingNeeded() {
    return room(0) == 0 && lastPinged < sent;
  }

  /** The token of a ping that is written behind everything noted so far. */
  long ping(long nowNanos) {
    lastPinged = sent;
    lastPingNanos = nowNanos;
    pingTokens[slot(pings)] = sent;
    pingNanos[slot(pings)] = nowNanos;
    pingFlights[slot(pings)] = sent - arrived;
    pings++;
    return sent;
  }

  /** A pong came. Returns false if no ping with this token can have been sent. */
  boolean pong(long token, long nowNanos) {
    if (token < arrived || token > lastPinged) {
      return false;
    }
    arrived = token;
    // The newest first: while nothing is sent, pings repeat their token.
    for (long i = pings - 1; i >= answered && i >= pings - REMEMBERED_PINGS; i--) {
      if (pingTokens[slot(i)] == token) {
        sample(nowNanos - pingNanos[slot(i)], pingFlights[slot(i)], nowNanos);
        answered = i + 1;
        break;
      }
    }
    return true;
  }

  private static int slot(long ping) {
    return (int) (ping % REMEMBERED_PINGS);
  }

  private void sample(long nanos, long flight, long nowNanos) {
    if (nanos < shortestNanos || nowNanos - shortestSinceNanos > SHORTEST_AGE_NANOS) {
      shortestNanos = nanos;
      shortestSinceNanos = nowNanos;
    }
    long usual = roundTripNanos;
    roundTripNanos = answered == 0 || nanos > usual ? nanos : usual - (usual - nanos) / 4;
    if (nowNanos - lastChangeNanos < nanos) {
      return;
    }
    long queue = nanos - unloadedNanos(nowNanos);
    // Of whoever sends little the pongs queue behind the other side's bulk, which tells nothing.
    if (queue > MAX_QUEUE_NANOS && usedUp && isTheirs(queue, flight)) {
      pathNanos = nanos;
      pathSinceNanos = nowNanos;
      longestQueueNanos = 0;
      carefulSteps = 0;
      grow(nowNanos);
    } else if (queue > MAX_QUEUE_NANOS) {
      boolean old = nowNanos - longestSinceNanos > PATH_AGE_NANOS;
      if (usedUp && (queue > longestQueueNanos || old)) {
        longestQueueNanos = queue;
        longestFlight = flight;
        longestSinceNanos = nowNanos;
      }
      // What would have queued for just as long as it may, but never less than half.
      long right = (long) ((double) bound * (nanos - queue + MAX_QUEUE_NANOS) / nanos);
      bound = Math.max(MIN_BYTES, Math.max(right, bound / 2));
      carefulSteps = CAREFUL_STEPS;
      lastChangeNanos = nowNanos;
    } else {
      grow(nowNanos);
    }
    usedUp = false;
  }

  /** How long a round trip takes that meets none of our bytes. */
  private long unloadedNanos(long nowNanos) {
    boolean known = nowNanos - pathSinceNanos < PATH_AGE_NANOS;
    return known ? Math.max(shortestNanos, pathNanos) : shortestNanos;
  }

  /** Of a quarter of the bytes a queue of ours would have a quarter left. */
  private boolean isTheirs(long queue, long flight) {
    return longestQueueNanos > 0 && flight <= longestFlight / 4 && queue > longestQueueNanos / 2;
  }

  private void grow(long nowNanos) {
    if (usedUp) {
      long step = carefulSteps > 0 ? bound / 8 : bound;
      bound = Math.min(MAX_BYTES, bound + step);
      carefulSteps = Math.max(0, carefulSteps - 1);
      lastChangeNanos = nowNanos;
    }
  }

  /**
   * What a round trip takes these days: as long as the longest lately, or a guess before the first.
   */
  long roundTripNanos() {
    return roundTripNanos;
  }
}
