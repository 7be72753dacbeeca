package culvert.bounce.server;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A channel group, from the join of its first member until the last one leaves. Its members change
 * only under the lock of {@link Groups}; any thread may read them.
 */
final class Group {

  private final int number;
  private final boolean paired;
  private final CountDownLatch pairOver = new CountDownLatch(1);
  private volatile List<Member> members = List.of();
  private volatile Member second;

  /** Creates a group without members. */
  Group(int number, boolean paired) {
    this.number = number;
    this.paired = paired;
  }

  /** Returns the number that members join it with. */
  int number() {
    return number;
  }

  /** Returns whether the group is a pair: a relay joins its two members, which end together. */
  boolean isPaired() {
    return paired;
  }

  /** Returns the current members in the order in which they joined. */
  List<Member> members() {
    return members;
  }

  /** Returns whether a second member has ever joined. */
  boolean hasHadTwoMembers() {
    return second != null;
  }

  /** Returns whether this member was the second to join. */
  boolean isSecond(Member member) {
    return second == member;
  }

  /**
   * Returns whether no more members may join. A pair is never completed again after a member has
   * left; the next members form a new pair.
   */
  boolean isFull(int maxMembers) {
    return paired ? hasHadTwoMembers() : members.size() >= maxMembers;
  }

  /** Adds a member; the caller has checked that the group is not {@linkplain #isFull full}. */
  void add(Member member) {
    var more = new ArrayList<>(members);
    more.add(member);
    members = List.copyOf(more);
    if (second == null && members.size() == 2) {
      second = member;
    }
  }

  /** Removes a member; returns false if it was not in the group. */
  boolean remove(Member member) {
    var fewer = new ArrayList<>(members);
    boolean isRemoved = fewer.remove(member);
    members = List.copyOf(fewer);
    return isRemoved;
  }

  /** Releases the thread of a pair's first member, which waits while the relay runs. */
  void signalPairEnd() {
    pairOver.countDown();
  }

  /** Waits for {@link #signalPairEnd}. */
  void awaitPairEnd() throws InterruptedException {
    pairOver.await();
  }
}
