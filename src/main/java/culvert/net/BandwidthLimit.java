package culvert.net;

import java.net.InetAddress;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The rate of bytes in one direction: that of every bucket which the bytes pass, such as one of a
 * service. They pass one bucket after the other, so that a sender waits in one queue at a time.
 *
 * @param buckets each of them limits other senders too
 * @param source with which the sender shares its part
 */
public record BandwidthLimit(List<TokenBucket> buckets, SourcePrefix source) {

  /** No limit, now and later. */
  public static final BandwidthLimit NONE =
      new BandwidthLimit(List.of(), SourcePrefix.of(InetAddress.getLoopbackAddress()));

  /** Copies the list. */
  public BandwidthLimit {
    buckets = List.copyOf(buckets);
  }

  /** Returns whether no bucket limits anything now. */
  boolean isUnlimited() {
    for (TokenBucket bucket : buckets) {
      if (!bucket.isUnlimited()) {
        return false;
      }
    }
    return true;
  }

  /** Returns how many bytes may pass at a time. */
  int piece() {
    int piece = Integer.MAX_VALUE;
    for (TokenBucket bucket : buckets) {
      piece = Math.min(piece, bucket.piece());
    }
    return piece;
  }

  /**
   * Waits until bytes may pass every bucket.
   *
   * @param isOver whether the sender has to end; must not block or take a lock
   * @return how many may pass, at most a piece; or 0 if the sender has to end
   */
  int take(int bytes, BooleanSupplier isOver) {
    int granted = Math.min(bytes, piece());
    for (int i = 0; i < buckets.size() && granted > 0; i++) {
      int before = granted;
      granted = buckets.get(i).take(source, before, isOver);
      for (TokenBucket passed : buckets.subList(0, i)) {
        passed.giveBack(before - granted);
      }
    }
    return granted;
  }

  /** Lets bytes pass now; returns false, without an effect, if they cannot pass every bucket. */
  boolean tryTake(int bytes) {
    for (int i = 0; i < buckets.size(); i++) {
      if (!buckets.get(i).tryTake(bytes)) {
        buckets.subList(0, i).forEach(bucket -> bucket.giveBack(bytes));
        return false;
      }
    }
    return true;
  }

  /** Takes back bytes that did not pass after all. */
  void giveBack(int bytes) {
    for (TokenBucket bucket : buckets) {
      bucket.giveBack(bytes);
    }
  }

  /**
   * Lets a datagram pass now; returns false, without an effect, if it cannot pass every bucket.
   *
   * @param isConfirmed whether the visitor has sent a datagram after an answer
   */
  public boolean tryTakeDatagram(int bytes, boolean isConfirmed) {
    for (int i = 0; i < buckets.size(); i++) {
      if (!buckets.get(i).tryTakeDatagram(source, isConfirmed, bytes)) {
        giveBackDatagram(buckets.subList(0, i), bytes, isConfirmed);
        return false;
      }
    }
    return true;
  }

  /** Takes back bytes of datagrams that did not pass after all. */
  public void giveBackDatagram(int bytes, boolean isConfirmed) {
    giveBackDatagram(buckets, bytes, isConfirmed);
  }

  private void giveBackDatagram(List<TokenBucket> passed, int bytes, boolean isConfirmed) {
    for (TokenBucket bucket : passed) {
      bucket.giveBackDatagram(source, isConfirmed, bytes);
    }
  }
}
