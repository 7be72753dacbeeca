package culvert.net;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Limits the flows of a role, of all its UDP services together. At the limit a new flow replaces
 * another one.
 *
 * <p>Source addresses of datagrams can be forged. A flow is confirmed once its visitor has sent a
 * datagram after an answer, as in the connection tracking of Linux. Flows that are not confirmed
 * are replaced as long as they have at least a quarter of all places, otherwise confirmed ones: so
 * a flood of new flows ends no more than a quarter of the confirmed ones, and flows that are kept
 * confirmed leave a quarter to new ones. Before either, a source with more than a quarter of all
 * places for its confirmed flows of a service loses one to a flow of another source.
 *
 * <p>Among the flows in question, the service with the most loses one: of its source with the most,
 * the one whose visitor has sent nothing for the longest time. Confirmed flows of a source count
 * against its new ones, but not the other way round, because new ones are easier to forge.
 *
 * @param <T> a flow, with identity as equality
 */
public final class FlowPlaces<T> {

  /** One of these parts of all places is guaranteed to new flows, and is the most of a source. */
  private static final int PARTS = 4;

  /** A flow whose visitor sends is moved behind the others of its source at most this often. */
  private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  private enum State {
    NEW,
    UNCONFIRMED,
    CONFIRMED,
    OVER
  }

  /** The flows of one service. */
  public final class Share {
    private final SourceShares<Place> confirmed = new SourceShares<>(max, max);
    private final SourceShares<Place> unconfirmed = new SourceShares<>(max, max, confirmed::count);

    private Share() {}

    /** Returns the place of a new flow, which is not acquired yet. */
    public Place place(SourcePrefix source, T flow) {
      return new Place(this, source, flow);
    }

    private void add(Place place) {
      set(place).add(place.source, place);
      changed(place, 1);
    }

    private void remove(Place place) {
      set(place).remove(place.source, place);
      changed(place, -1);
    }

    private SourceShares<Place> set(Place place) {
      return place.state == State.CONFIRMED ? confirmed : unconfirmed;
    }

    private void changed(Place place, int change) {
      used += change;
      if (place.state == State.CONFIRMED) {
        unconfirmed.recount(place.source);
      } else {
        usedByUnconfirmed += change;
      }
      if (confirmed.size() + unconfirmed.size() > 0) {
        shares.add(this);
      } else {
        shares.remove(this);
      }
    }
  }

  /** The place of one flow. Thread-safe, except for {@link #sent}. */
  public final class Place {
    private final Share share;
    private final SourcePrefix source;
    private final T flow;
    private volatile boolean isAnswered;

    /** Written with the lock held. */
    private volatile State state = State.NEW;

    /** Confined to the thread that receives the visitor's datagrams. */
    private long refreshedNanos = System.nanoTime();

    private Place(Share share, SourcePrefix source, T flow) {
      this.share = share;
      this.source = source;
      this.flow = flow;
    }

    /**
     * Acquires the place, unless it was released before.
     *
     * @return the flow that loses its place; the caller ends it
     */
    public Optional<T> acquire() {
      lock.lock();
      try {
        if (state != State.NEW) {
          return Optional.empty();
        }
        Optional<Place> replaced = used < max ? Optional.empty() : Optional.of(replacedBy(this));
        replaced.ifPresent(place -> place.change(State.OVER));
        change(State.UNCONFIRMED);
        return replaced.map(place -> place.flow);
      } finally {
        lock.unlock();
      }
    }

    /** Records that the origin server has answered the visitor. */
    public void answered() {
      if (!isAnswered) {
        isAnswered = true;
      }
    }

    /**
     * Records that the visitor has sent a datagram, which confirms the flow after an answer. Always
     * called by the same thread.
     *
     * @param nowNanos time of {@link System#nanoTime}
     */
    public void sent(long nowNanos) {
      boolean isFirstAfterAnswer = isAnswered && state == State.UNCONFIRMED;
      if (!isFirstAfterAnswer && nowNanos - refreshedNanos < REFRESH_NANOS) {
        return;
      }
      refreshedNanos = nowNanos;
      lock.lock();
      try {
        if (isHeld()) {
          change(isAnswered ? State.CONFIRMED : state);
        }
      } finally {
        lock.unlock();
      }
    }

    /** Returns whether the origin server has answered. */
    public boolean isAnswered() {
      return isAnswered;
    }

    /** Returns whether the flow has a place and is confirmed. */
    public boolean isConfirmed() {
      return state == State.CONFIRMED;
    }

    /** Releases the place, because the flow has ended; no effect if it is not held. */
    public void release() {
      lock.lock();
      try {
        change(State.OVER);
      } finally {
        lock.unlock();
      }
    }

    private boolean isHeld() {
      return state == State.UNCONFIRMED || state == State.CONFIRMED;
    }

    /** Moves the flow behind the others of its source and state. */
    private void change(State next) {
      if (isHeld()) {
        share.remove(this);
      }
      state = next;
      if (isHeld()) {
        share.add(this);
      }
    }
  }

  private final int max;
  private final int part;

  /** Guards all fields of this, of its shares and of their places. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The services that have flows. */
  private final Set<Share> shares = new HashSet<>();

  private int used;
  private int usedByUnconfirmed;

  /**
   * Creates places without flows.
   *
   * @param max maximum number of flows
   */
  public FlowPlaces(int max) {
    this.max = max;
    this.part = Math.max(1, max / PARTS);
  }

  /** Returns the places of another service. */
  public Share share() {
    return new Share();
  }

  private Place replacedBy(Place newcomer) {
    boolean isUnconfirmed = usedByUnconfirmed >= part;
    return ofSourceAboveItsPart(newcomer)
        .or(() -> ofLargest(newcomer, share -> isUnconfirmed ? share.unconfirmed : share.confirmed))
        .orElseThrow();
  }

  private Optional<Place> ofSourceAboveItsPart(Place newcomer) {
    return shares.stream()
        .max(Comparator.comparingInt(share -> share.confirmed.maxCount()))
        .filter(share -> share.confirmed.maxCount() > part)
        .flatMap(share -> share.confirmed.heaviest())
        .filter(place -> !place.source.equals(newcomer.source));
  }

  /** Returns a flow of the service that has the most; among equal ones, of the newcomer's. */
  private Optional<Place> ofLargest(Place newcomer, Function<Share, SourceShares<Place>> set) {
    SourceShares<Place> own = set.apply(newcomer.share);
    return shares.stream()
        .map(set)
        .max(Comparator.comparingInt(SourceShares::size))
        .filter(largest -> largest.size() > own.size())
        .map(SourceShares::heaviest)
        .orElseGet(() -> own.heaviest(newcomer.source));
  }

  /** Returns the number of flows. */
  public int used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }
}
