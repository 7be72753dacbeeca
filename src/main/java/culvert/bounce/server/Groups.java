package culvert.bounce.server;

import culvert.config.BounceGroups;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All groups that have a member. A number whose last member has left is as fresh as one that never
 * had any.
 */
final class Groups {

  /** For a place whose holder has just hung up: that may be heard after who comes next. */
  private static final Duration PLACE_LIMIT = Duration.ofMillis(250);

  private final BounceGroups limits;
  private final ReentrantLock lock = new ReentrantLock();

  /** A place is free, or nobody gets one any more. */
  private final Condition changed = lock.newCondition();

  /** The lock guards these. */
  private final Map<Integer, Group> groups = new HashMap<>();

  private int members;
  private boolean draining;

  /** None yet. */
  Groups(BounceGroups limits) {
    this.limits = limits;
  }

  /** Lets a member into the group of that number, unless that or the server stays full. */
  Optional<Group> join(Member member, int number) throws InterruptedException {
    lock.lock();
    try {
      long left = PLACE_LIMIT.toNanos();
      while (!draining && isFull(number) && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (draining || isFull(number)) {
        return Optional.empty();
      }
      Group group = groups.computeIfAbsent(number, n -> new Group(n, limits.paired().contains(n)));
      members++;
      group.add(member);
      member.setGroup(group);
      return Optional.of(group);
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull(int number) {
    Group group = groups.get(number);
    return members >= limits.clients() || group != null && group.isFull(limits.members());
  }

  /**
   * Takes a member out. Not one of two that are paired: their places are free together, once their
   * relay is over.
   *
   * @return who is left alone and has nobody to wait for any more
   */
  Optional<Member> leave(Member member) {
    lock.lock();
    try {
      Group group = member.group();
      if (group != null && !(group.isPaired() && group.hasHadTwoMembers())) {
        remove(group, member);
        if (draining && group.members().size() == 1) {
          return Optional.of(group.members().getFirst());
        }
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Takes out a member that never had company; returns false if it has some by now. */
  boolean leaveIfAlone(Member member) {
    lock.lock();
    try {
      Group group = member.group();
      if (group.hasHadTwoMembers()) {
        return false;
      }
      remove(group, member);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The relay of a pair is over: its places are free. */
  void dissolve(Group pair) {
    lock.lock();
    try {
      pair.members().forEach(member -> remove(pair, member));
    } finally {
      lock.unlock();
    }
  }

  private void remove(Group group, Member member) {
    if (!group.remove(member)) {
      return;
    }
    members--;
    changed.signalAll();
    if (group.members().isEmpty()) {
      groups.remove(group.number());
    }
  }

  /** Lets nobody in any more; returns those that are alone. */
  List<Member> drain() {
    lock.lock();
    try {
      draining = true;
      changed.signalAll();
      return groups.values().stream()
          .map(Group::members)
          .filter(all -> all.size() == 1)
          .map(List::getFirst)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** How many there are now. */
  int size() {
    lock.lock();
    try {
      return groups.size();
    } finally {
      lock.unlock();
    }
  }
}
