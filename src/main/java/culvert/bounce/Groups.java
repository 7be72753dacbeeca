package culvert.bounce;

import culvert.config.BounceGroups;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All groups that have a member. A number whose last member has left is as fresh as one that never
 * had any.
 */
final class Groups {

  private final BounceGroups limits;
  private final ReentrantLock lock = new ReentrantLock();

  /** The lock guards these. */
  private final Map<Integer, Group> groups = new HashMap<>();

  private int members;
  private boolean draining;

  /** None yet. */
  Groups(BounceGroups limits) {
    this.limits = limits;
  }

  /** Lets a member into the group of that number, unless that or the server is full. */
  Optional<Group> join(Member member, int number) {
    lock.lock();
    try {
      Group group = groups.get(number);
      if (draining || members >= limits.clients()) {
        return Optional.empty();
      }
      if (group == null) {
        group = new Group(number, limits.paired().contains(number));
        groups.put(number, group);
      } else if (group.isFull(limits.members())) {
        return Optional.empty();
      }
      members++;
      group.add(member);
      member.belongsTo(group);
      return Optional.of(group);
    } finally {
      lock.unlock();
    }
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
      if (group != null && !(group.isPaired() && group.hasMet())) {
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
  boolean leaveAlone(Member member) {
    lock.lock();
    try {
      Group group = member.group();
      if (group.hasMet()) {
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
    if (group.members().isEmpty()) {
      groups.remove(group.number());
    }
  }

  /** Lets nobody in any more; returns those that are alone. */
  List<Member> drain() {
    lock.lock();
    try {
      draining = true;
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
