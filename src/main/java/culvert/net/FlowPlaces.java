package culvert.net;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Limits the flows of a role, of all its UDP services together. At the limit a new flow replaces an
 * old one: of the service that has the most, unless the new flow's own service has its part of the
 * places; among the flows of that service, one of the source that has the most, the oldest first.
 *
 * <p>Source addresses of datagrams can be forged. A flow is confirmed once its visitor has sent a
 * datagram after an answer, and flows that are not are replaced first, as in the connection
 * tracking of Linux. Confirmed flows of a source that has more than half of all places have no such
 * precedence.
 *
 * @param <T> a flow, with identity as equality
 */
public final class FlowPlaces<T> {

  /** The flows of one service. */
  public final class Share {
    private final SourceShares<T> unconfirmed = new SourceShares<>(max, max);
    private final SourceShares<T> confirmed = new SourceShares<>(max, max);

    private Share() {}

    /** Adds a flow; returns the one that it replaces. */
    public Optional<T> add(SourcePrefix source, T flow) {
      lock.lock();
      try {
        Optional<T> replaced = used < max ? Optional.empty() : replacedBy(source);
        used++;
        unconfirmed.add(source, flow);
        return replaced;
      } finally {
        lock.unlock();
      }
    }

    private Optional<T> replacedBy(SourcePrefix source) {
      Share heaviest = this;
      if (size() < max / shares.size()) {
        heaviest = shares.stream().max(Comparator.comparingInt(Share::size)).orElseThrow();
      }
      SourceShares<T> flows = heaviest.replaceable();
      return heaviest == this ? flows.heaviest(source).or(flows::heaviest) : flows.heaviest();
    }

    private SourceShares<T> replaceable() {
      boolean isHeld = confirmed.maxCount() > max / 2;
      return isHeld || unconfirmed.size() == 0 ? confirmed : unconfirmed;
    }

    private int size() {
      return unconfirmed.size() + confirmed.size();
    }

    /** Records that the visitor of a flow has sent a datagram after an answer. */
    public void confirm(SourcePrefix source, T flow) {
      lock.lock();
      try {
        if (unconfirmed.remove(source, flow)) {
          confirmed.add(source, flow);
        }
      } finally {
        lock.unlock();
      }
    }

    /** Removes a flow that has ended; no effect if it is not one. */
    public void remove(SourcePrefix source, T flow) {
      lock.lock();
      try {
        if (unconfirmed.remove(source, flow) || confirmed.remove(source, flow)) {
          used--;
        }
      } finally {
        lock.unlock();
      }
    }

    /** Gives up the service's part of the places; it has no more flows. */
    public void close() {
      lock.lock();
      try {
        shares.remove(this);
      } finally {
        lock.unlock();
      }
    }
  }

  private final int max;

  /** Guards all fields of this and of its shares. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<Share> shares = new HashSet<>();
  private int used;

  /**
   * Creates places without flows.
   *
   * @param max maximum number of flows
   */
  public FlowPlaces(int max) {
    this.max = max;
  }

  /** Returns the places of another service. */
  public Share share() {
    lock.lock();
    try {
      Share share = new Share();
      shares.add(share);
      return share;
    } finally {
      lock.unlock();
    }
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
