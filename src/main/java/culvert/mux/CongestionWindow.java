package culvert.mux;

/**
 * Bounds the bytes of a link that are under way, so that a keystroke does not queue behind seconds
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
  static final int MIN_AVAILABLE_BYTES = 1024;

  private static final long MIN_PING_BYTES = 16 * 1024;
  private static final long MAX_QUEUE_NANOS = 25_000_000;

  /**
   * After bytes have queued the bound grows by an eighth, so many times, before it doubles again.
   */
  private static final int SMALL_STEPS = 8;

  /**
   * A delay that stays when a quarter of the bytes is left is the path's own, or other people's
   * bytes: relays that wait for acknowledgements, machines that are busy. Fewer bytes would only be
   * slower. For so long it is not taken for our queue again.
   */
  private static final long PATH_DELAY_AGE_NANOS = 10_000_000_000L;

  private static final long PING_PERIOD_NANOS = 200_000_000;
  private static final long MIN_ROUND_TRIP_AGE_NANOS = 60_000_000_000L;
  private static final long UNKNOWN_ROUND_TRIP_NANOS = 50_000_000;

  /** More pings than this under way are not told apart, which only loses samples. */
  private static final int REMEMBERED_PINGS = 64;

  private final long[] pingTokens = new long[REMEMBERED_PINGS];
  private final long[] pingNanos = new long[REMEMBERED_PINGS];
  private final long[] pingFlights = new long[REMEMBERED_PINGS];
  private long pings;
  private long answered;

  private long limit = FIRST_BYTES;
  private long sent;
  private long acknowledged;
  private long lastPingedBytes = -1;
  private long lastPingNanos;
  private boolean limited;
  private int smallSteps;
  private long lastChangeNanos;
  private long minRoundTripNanos = Long.MAX_VALUE;
  private long minRoundTripSinceNanos;
  private long pathDelayNanos;
  private long pathDelaySinceNanos;

  /** The longest queue seen lately, and what was under way then; 0 if there was none. */
  private long maxQueueNanos;

  private long maxQueueFlight;
  private long maxQueueSinceNanos;

  /** Readable without the lock. */
  private volatile long roundTripNanos = UNKNOWN_ROUND_TRIP_NANOS;

  /** How many bytes more may go, beside {@code batched} that wait: none, or enough for a frame. */
  long available(long batched) {
    long room = limit - (sent - acknowledged) - batched;
    if (room < MIN_AVAILABLE_BYTES) {
      limited = true;
      return 0;
    }
    return room;
  }

  /** Notes that {@code bytes} are being written. */
  void sent(long bytes) {
    sent += bytes;
  }

  /** Whether bytes are under way, as far as is known. */
  boolean hasUnacknowledged() {
    return acknowledged < sent;
  }

  /** Bytes sent and bytes arrived together. */
  long progress() {
    return sent + acknowledged;
  }

  /** How many bytes the peer is known to have. */
  long acknowledged() {
    return acknowledged;
  }

  /** Whether the batch being put together should end with a ping. */
  boolean isPingDue(long nowNanos) {
    long unpinged = sent - lastPingedBytes;
    return lastPingedBytes < 0
        || unpinged >= Math.max(MIN_PING_BYTES, limit / 8)
        || nowNanos - lastPingNanos > PING_PERIOD_NANOS;
  }

  /** Whether nothing can go before a pong comes, and no ping is under way that would bring it. */
  boolean isPingNeeded() {
    return available(0) == 0 && lastPingedBytes < sent;
  }

  /** The token of a ping that is written behind everything noted so far. */
  long ping(long nowNanos) {
    lastPingedBytes = sent;
    lastPingNanos = nowNanos;
    pingTokens[slot(pings)] = sent;
    pingNanos[slot(pings)] = nowNanos;
    pingFlights[slot(pings)] = sent - acknowledged;
    pings++;
    return sent;
  }

  /** A pong came. Returns false if no ping with this token can have been sent. */
  boolean pong(long token, long nowNanos) {
    if (token < acknowledged || token > lastPingedBytes) {
      return false;
    }
    acknowledged = token;
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
    if (nanos < minRoundTripNanos || nowNanos - minRoundTripSinceNanos > MIN_ROUND_TRIP_AGE_NANOS) {
      minRoundTripNanos = nanos;
      minRoundTripSinceNanos = nowNanos;
    }
    long usual = roundTripNanos;
    roundTripNanos = answered == 0 || nanos > usual ? nanos : usual - (usual - nanos) / 4;
    if (nowNanos - lastChangeNanos < nanos) {
      return;
    }
    long queue = nanos - unloadedNanos(nowNanos);
    // Of whoever sends little the pongs queue behind the other side's bulk, which tells nothing.
    if (queue > MAX_QUEUE_NANOS && limited && isPathDelay(queue, flight)) {
      pathDelayNanos = nanos;
      pathDelaySinceNanos = nowNanos;
      maxQueueNanos = 0;
      smallSteps = 0;
      grow(nowNanos);
    } else if (queue > MAX_QUEUE_NANOS) {
      boolean old = nowNanos - maxQueueSinceNanos > PATH_DELAY_AGE_NANOS;
      if (limited && (queue > maxQueueNanos || old)) {
        maxQueueNanos = queue;
        maxQueueFlight = flight;
        maxQueueSinceNanos = nowNanos;
      }
      // What would have queued for just as long as it may, but never less than half.
      long right = (long) ((double) limit * (nanos - queue + MAX_QUEUE_NANOS) / nanos);
      limit = Math.max(MIN_BYTES, Math.max(right, limit / 2));
      smallSteps = SMALL_STEPS;
      lastChangeNanos = nowNanos;
    } else {
      grow(nowNanos);
    }
    limited = false;
  }

  /** How long a round trip takes that meets none of our bytes. */
  private long unloadedNanos(long nowNanos) {
    boolean known = nowNanos - pathDelaySinceNanos < PATH_DELAY_AGE_NANOS;
    return known ? Math.max(minRoundTripNanos, pathDelayNanos) : minRoundTripNanos;
  }

  /** Of a quarter of the bytes a queue of ours would have a quarter left. */
  private boolean isPathDelay(long queue, long flight) {
    return maxQueueNanos > 0 && flight <= maxQueueFlight / 4 && queue > maxQueueNanos / 2;
  }

  private void grow(long nowNanos) {
    if (limited) {
      long step = smallSteps > 0 ? limit / 8 : limit;
      limit = Math.min(MAX_BYTES, limit + step);
      smallSteps = Math.max(0, smallSteps - 1);
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
