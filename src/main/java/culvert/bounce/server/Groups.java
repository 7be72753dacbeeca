package culvert.bounce.server;

import culvert.config.BounceGroups;
import culvert.net.SourcePrefix;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All groups that have at least one member. When the last member leaves, the group is removed; its
 * number can be joined as if it had never been used.
 */
final class Groups {

  /**
   * Maximum wait for a place in a full group. A client that disconnects and reconnects at once may
   * be accepted before its disconnect is noticed.
   */
  private static final Duration MAX_PLACE_WAIT = Duration.ofMillis(250);

  private final BounceGroups limits;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a place becomes free or draining begins. */
  private final Condition changed = lock.newCondition();

  /** Guarded by the lock, as are the fields below. */
  private final Map<Integer, Group> groups = new HashMap<>();

  private final Map<SourcePrefix, Integer> membersBySource = new HashMap<>();

  private int members;
  private boolean draining;

  /** Creates an empty set of groups. */
  Groups(BounceGroups limits) {
    this.limits = limits;
  }

  /**
   * Adds a member to the group with this number. Waits up to {@link #MAX_PLACE_WAIT} for a place.
   *
   * @return the group, or empty if the group, the server or the share of the member's address is
   *     full, or the server stops
   */
  Optional<Group> join(Member member, int number) throws InterruptedException {
    lock.lock();
    try {
      long left = MAX_PLACE_WAIT.toNanos();
      while (!draining && isFull(member, number) && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (draining || isFull(member, number)) {
        return Optional.empty();
      }
      Group group = groups.computeIfAbsent(number, n -> new Group(n, limits.paired().contains(n)));
      members++;
      membersBySource.merge(source(member), 1, Integer::sum);
      group.add(member);
      member.setGroup(group);
      return Optional.of(group);
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull(Member member, int number) {
    Group group = groups.get(number);
    return members >= limits.clients()
        || membersBySource.getOrDefault(source(member), 0) >= limits.clientsPerAddress()
        || group != null && group.isFull(limits.members());
  }

  private static SourcePrefix source(Member member) {
    return SourcePrefix.of(member.peer().getAddress());
  }

  /**
   * Removes a member from its group. Does nothing for a member of a complete pair: {@link
   * #dissolve} frees both places when the relay has ended.
   *
   * @return the member that is now alone and can get no partner because the server stops
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

  /** Removes a member whose group never had a second one; returns false if one has joined. */
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

  /** Removes both members of a pair after its relay has ended. */
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
    membersBySource.computeIfPresent(source(member), (source, n) -> n == 1 ? null : n - 1);
    changed.signalAll();
    if (group.members().isEmpty()) {
      groups.remove(group.number());
    }
  }

  /** Refuses further members; returns the members that are alone in their groups. */
  List<Member> drain() {
    lock.lock();
    try {
      draining = true;
      changed.signalAll();
      return groups.values().stream()
          .map(Group::members)
          .filter(group -> group.size() == 1)
          .map(List::getFirst)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of groups. */
  int size() {
    lock.lock();
    try {
      return groups.size();
    } finally {
      lock.unlock();
    }
  }
}
