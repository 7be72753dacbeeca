package culvert.bounce.server;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The members of one number, from the first one's joining to the last one's leaving. Who is in it
 * changes under the lock of {@link Groups}; anybody may look.
 */
final class Group {

  private final int number;
  private final boolean paired;
  private final CountDownLatch pairOver = new CountDownLatch(1);
  private volatile List<Member> members = List.of();
  private volatile Member second;

  /** Nobody is in it. */
  Group(int number, boolean paired) {
    this.number = number;
    this.paired = paired;
  }

  /** By which members name it. */
  int number() {
    return number;
  }

  /** Whether its two members are joined by a relay, and end together. */
  boolean isPaired() {
    return paired;
  }

  /** Who is there now, by the time of joining. */
  List<Member> members() {
    return members;
  }

  /** Whether it ever had two members. */
  boolean hasHadTwoMembers() {
    return second != null;
  }

  /** Whether it is the one with whom the first was alone no more. */
  boolean isSecond(Member member) {
    return second == member;
  }

  /** A pair takes nobody in a place that was left: who comes next finds a fresh pairing. */
  boolean isFull(int most) {
    return paired ? hasHadTwoMembers() : members.size() >= most;
  }

  /** Takes in a member, unless it {@linkplain #isFull is full}. */
  void add(Member member) {
    var more = new ArrayList<>(members);
    more.add(member);
    members = List.copyOf(more);
    if (second == null && members.size() == 2) {
      second = member;
    }
  }

  /** Takes a member out; returns whether it was there. */
  boolean remove(Member member) {
    var fewer = new ArrayList<>(members);
    boolean there = fewer.remove(member);
    members = List.copyOf(fewer);
    return there;
  }

  /** Lets the first of a pair go, whose thread has nothing to do for as long as there are two. */
  void signalPairEnd() {
    pairOver.countDown();
  }

  /** Waits for that. */
  void awaitPairEnd() throws InterruptedException {
    pairOver.await();
  }
}
