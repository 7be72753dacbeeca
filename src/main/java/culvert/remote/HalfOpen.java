package culvert.remote;

import culvert.config.Admission;
import culvert.net.Deadlines;
import culvert.net.Source;
import culvert.observe.Counter;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Control connections whose session does not serve yet, which is all that a stranger can have: so
 * many in all and from one source, each for a bounded time. At a bound the oldest goes, never the
 * newcomer, so that whoever fills it with silence keeps nobody out.
 */
final class HalfOpen {

  /** Why a place was taken from its holder. */
  enum Reason {
    /** Its time was up. */
    LATE(Counter.SLOW_HANDSHAKES, "its time was up"),
    /** Newer ones came while all places were taken. */
    CROWDED(Counter.HALF_OPEN_DROPPED, "too many newer ones came");

    private final Counter counter;
    private final String text;

    Reason(Counter counter, String text) {
      this.counter = counter;
      this.text = text;
    }

    Counter counter() {
      return counter;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** One connection's place, until it is given up or taken away. */
  final class Place {
    private final Source source;
    private Consumer<Reason> end;
    private Deadlines.Deadline deadline = () -> {};
    private Reason lost;

    private Place(Source source, Consumer<Reason> end) {
      this.source = source;
      this.end = end;
    }

    /** From now on this is how the holder is told that its place is gone. */
    void endWith(Consumer<Reason> action) {
      lock.lock();
      try {
        end = action;
        if (lost == null) {
          return;
        }
      } finally {
        lock.unlock();
      }
      action.accept(lost);
    }

    /** The holder needs it no more: its session serves, or is over. */
    void giveUp() {
      lock.lock();
      try {
        remove(this);
      } finally {
        lock.unlock();
      }
    }

    /** Why it was taken away, if it was. */
    Optional<Reason> lost() {
      lock.lock();
      try {
        return Optional.ofNullable(lost);
      } finally {
        lock.unlock();
      }
    }
  }

  private final int most;
  private final int mostOfSource;
  private final Duration limit;
  private final Deadlines deadlines;
  private final ReentrantLock lock = new ReentrantLock();

  /** Oldest first, as each set of {@link #ofSource}; the lock guards both, and every place. */
  private final SequencedSet<Place> places = new LinkedHashSet<>();

  private final Map<Source, SequencedSet<Place>> ofSource = new HashMap<>();

  HalfOpen(Admission admission, Duration limit, Deadlines deadlines) {
    this.most = admission.halfOpen();
    this.mostOfSource = admission.halfOpenPerAddress();
    this.limit = limit;
    this.deadlines = deadlines;
  }

  /**
   * Gives a newcomer a place.
   *
   * @param end what ends the holder when the place is taken away; must not block
   */
  Place admit(Source source, Consumer<Reason> end) {
    var place = new Place(source, end);
    Place oldest = null;
    Runnable endOldest = () -> {};
    lock.lock();
    try {
      var siblings = ofSource.computeIfAbsent(source, s -> new LinkedHashSet<>());
      if (siblings.size() >= mostOfSource) {
        oldest = siblings.getFirst();
      } else if (places.size() >= most) {
        oldest = places.getFirst();
      }
      places.add(place);
      siblings.add(place);
      place.deadline = deadlines.after(limit, () -> take(place, Reason.LATE));
      if (oldest != null) {
        // At once: two newcomers must not take the same place.
        endOldest = drop(oldest, Reason.CROWDED);
      }
    } finally {
      lock.unlock();
    }
    endOldest.run();
    return place;
  }

  private void take(Place place, Reason reason) {
    Runnable end;
    lock.lock();
    try {
      end = drop(place, reason);
    } finally {
      lock.unlock();
    }
    end.run();
  }

  /** Returns what tells the holder, to be run without the lock. */
  private Runnable drop(Place place, Reason reason) {
    if (!remove(place)) {
      return () -> {};
    }
    place.lost = reason;
    Consumer<Reason> end = place.end;
    return () -> end.accept(reason);
  }

  private boolean remove(Place place) {
    place.deadline.cancel();
    var siblings = ofSource.get(place.source);
    if (siblings != null && siblings.remove(place) && siblings.isEmpty()) {
      ofSource.remove(place.source);
    }
    return places.remove(place);
  }

  /** How many there are now. */
  int size() {
    lock.lock();
    try {
      return places.size();
    } finally {
      lock.unlock();
    }
  }
}
