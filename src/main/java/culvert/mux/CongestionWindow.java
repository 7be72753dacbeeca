package culvert.mux;

/**
 * Limits the bytes in flight on a link, so that a keystroke does not wait behind seconds of bulk
 * data in the kernel's send buffer: Java has no TCP_NOTSENT_LOWAT. A PING carries the number of
 * bytes before it; its PONG shows that they have arrived and how long it took. While the round-trip
 * time stays near the minimum, the limit doubles in each round trip that used it up. When bytes
 * queue for longer than {@link #MAX_QUEUE_NANOS}, the limit shrinks to a size that would not queue
 * so long, and then grows in small steps for a while. If shrinking does not reduce the delay, the
 * queue is not caused by this link. Not thread-safe: the writer's lock guards it.
 */
final class CongestionWindow {

  private static final long MIN_BYTES = 32 * 1024;
  private static final long FIRST_BYTES = 512 * 1024;
  private static final long MAX_BYTES = 32 * 1024 * 1024;

  /** Less than this counts as zero, so that frames do not become tiny. */
  static final int MIN_AVAILABLE_BYTES = 1024;

  private static final long MIN_PING_BYTES = 16 * 1024;
  private static final long MAX_QUEUE_NANOS = 25_000_000;

  /**
   * Number of steps of an eighth by which the limit grows after a shrink before it doubles again.
   */
  private static final int SMALL_STEPS = 8;

  /**
   * How long a delay counts as a property of the path. A delay that remains with a quarter of the
   * bytes in flight is caused by the path or by other traffic: relays that wait for
   * acknowledgements, busy hosts. Sending less would only be slower.
   */
  private static final long PATH_DELAY_AGE_NANOS = 10_000_000_000L;

  private static final long PING_PERIOD_NANOS = 200_000_000;
  private static final long MIN_ROUND_TRIP_AGE_NANOS = 60_000_000_000L;
  private static final long UNKNOWN_ROUND_TRIP_NANOS = 50_000_000;

  /** Number of unanswered PINGs that are remembered; older ones give no sample. */
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

  /** The longest recent queueing delay and the bytes in flight then; 0 if there was none. */
  private long maxQueueNanos;

  private long maxQueueFlight;
  private long maxQueueSinceNanos;

  /** Read without the lock. */
  private volatile long roundTripNanos = UNKNOWN_ROUND_TRIP_NANOS;

  /**
   * Returns how many more bytes may be sent, besides {@code batched} ones that are queued: 0, or
   * enough for a frame.
   */
  long available(long batched) {
    long room = limit - (sent - acknowledged) - batched;
    if (room < MIN_AVAILABLE_BYTES) {
      limited = true;
      return 0;
    }
    return room;
  }

  /** Records that {@code bytes} are being written. */
  void sent(long bytes) {
    sent += bytes;
  }

  /** Returns whether bytes are not acknowledged yet. */
  boolean hasUnacknowledged() {
    return acknowledged < sent;
  }

  /** Returns the sum of bytes sent and bytes acknowledged. */
  long progress() {
    return sent + acknowledged;
  }

  /** Returns how many bytes the peer has acknowledged. */
  long acknowledged() {
    return acknowledged;
  }

  /** Returns whether the batch being assembled should end with a PING. */
  boolean isPingDue(long nowNanos) {
    long unpinged = sent - lastPingedBytes;
    return lastPingedBytes < 0
        || unpinged >= Math.max(MIN_PING_BYTES, limit / 8)
        || nowNanos - lastPingNanos > PING_PERIOD_NANOS;
  }

  /** Returns whether sending must wait for a PONG that no PING in flight requests. */
  boolean isPingNeeded() {
    return available(0) == 0 && lastPingedBytes < sent;
  }

  /** Returns the token of a PING that follows everything recorded so far. */
  long ping(long nowNanos) {
    lastPingedBytes = sent;
    lastPingNanos = nowNanos;
    pingTokens[slot(pings)] = sent;
    pingNanos[slot(pings)] = nowNanos;
    pingFlights[slot(pings)] = sent - acknowledged;
    pings++;
    return sent;
  }

  /** Records a PONG. Returns false if no PING with this token can have been sent. */
  boolean pong(long token, long nowNanos) {
    if (token < acknowledged || token > lastPingedBytes) {
      return false;
    }
    acknowledged = token;
    // The newest first: while nothing else is sent, PINGs repeat their token.
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
    // If this side sends little, the PONGs it receives have queued behind the bulk data of the peer
    // and measure nothing.
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
      // The size that would have queued for exactly the allowed time, but at least half.
      long target = (long) ((double) limit * (nanos - queue + MAX_QUEUE_NANOS) / nanos);
      limit = Math.max(MIN_BYTES, Math.max(target, limit / 2));
      smallSteps = SMALL_STEPS;
      lastChangeNanos = nowNanos;
    } else {
      grow(nowNanos);
    }
    limited = false;
  }

  /** Returns the round-trip time without queueing by this link. */
  private long unloadedNanos(long nowNanos) {
    boolean known = nowNanos - pathDelaySinceNanos < PATH_DELAY_AGE_NANOS;
    return known ? Math.max(minRoundTripNanos, pathDelayNanos) : minRoundTripNanos;
  }

  /**
   * Returns whether a quarter of the bytes still meets more than half of the delay: a queue of this
   * link would have a quarter left.
   */
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
   * Returns the recent round-trip time in nanoseconds, close to the longest; an estimate before the
   * first sample.
   */
  long roundTripNanos() {
    return roundTripNanos;
  }
}
