package culvert.origin;

import static java.util.Comparator.naturalOrder;

import culvert.config.OriginSettings;
import culvert.net.Threads;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The remote proxies of a running role, each with a thread of its own. The role ends when it is
 * stopped, or when all remote proxies have failed: a process with only one of them would have
 * exited. Any thread may call any method.
 */
final class RemoteMembers {

  /** A remote proxy of the role, or a name of several. Only {@link #run} blocks. */
  interface Member {
    /** Returns the name for the thread. */
    String name();

    /** Returns whether it is a name, whose addresses are members of their own. */
    default boolean isName() {
      return false;
    }

    /** Returns the member that the settings name: this one, or the name it is an address of. */
    default Member root() {
      return this;
    }

    /** Runs until the member is stopped. */
    void run();

    /** Ends a pause or an attempt, so that the next attempt begins at once. */
    void tryNow();

    /** Offers and withdraws services of the running sessions as the settings want now. */
    void servicesChanged();

    /** Reports the health of a service as it is now, in the running sessions. */
    void healthChanged(String service);

    /** Makes no further attempt, and lets visitors finish within the limit. */
    void drain(Duration limit);

    /** Makes no further attempt, and ends all sessions. */
    void close();
  }

  /** The result of {@link #startAddress}. */
  enum Start {
    STARTED,
    /** There are too many remote proxies. */
    NO_PLACE,
    /** The role has ended, or the settings do not have the name any more. */
    STOPPED
  }

  private enum Phase {
    /** The role ends only if this member has failed. */
    COUNTED,
    /** The end of the role depends on other members only. */
    ABSTAINING,
    /** The settings do not have it any more; it lets its visitors finish. */
    RETIRED
  }

  /**
   * The state of a running member.
   *
   * @param failure how it has failed, if it has
   */
  private record State(Phase phase, Optional<OriginProxy.End> failure) {
    static final State TRYING = new State(Phase.COUNTED, Optional.empty());
    static final State ABSTAINING = new State(Phase.ABSTAINING, Optional.empty());
    static final State RETIRED = new State(Phase.RETIRED, Optional.empty());

    static State failed(OriginProxy.End how) {
      return new State(Phase.COUNTED, Optional.of(how));
    }

    boolean isCounted() {
      return phase == Phase.COUNTED;
    }

    boolean isRetired() {
      return phase == Phase.RETIRED;
    }
  }

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition isEmpty = lock.newCondition();

  private final Map<Member, State> members = new LinkedHashMap<>();

  private boolean isStopping;

  /** How the role ends, once all have failed. */
  private Optional<OriginProxy.End> decided = Optional.empty();

  /** Completed once; its users wait without the lock. */
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();

  /** Starts members that the settings name; has no effect after {@link #stop}. */
  void start(Collection<? extends Member> added) {
    lock.lock();
    try {
      if (isStopping) {
        return;
      }
      added.forEach(member -> members.put(member, State.TRYING));
    } finally {
      lock.unlock();
    }
    added.forEach(this::startThread);
  }

  /** Starts the member of an address of a running name, if it has a place. */
  Start startAddress(Member added) {
    lock.lock();
    try {
      State name = members.get(added.root());
      if (isStopping || name == null || name.isRetired()) {
        return Start.STOPPED;
      }
      if (remotes() >= OriginSettings.MAX_REMOTES) {
        return Start.NO_PLACE;
      }
      members.put(added, State.TRYING);
    } finally {
      lock.unlock();
    }
    startThread(added);
    return Start.STARTED;
  }

  private void startThread(Member member) {
    try {
      Threads.start("remote proxy " + member.name(), () -> run(member));
    } catch (RuntimeException | Error e) {
      end.completeExceptionally(e);
      remove(member);
    }
  }

  /**
   * Returns whether there are too many remote proxies. Those that a reload adds have a place in any
   * case, and addresses of names make room.
   */
  boolean isOverfull() {
    lock.lock();
    try {
      return remotes() > OriginSettings.MAX_REMOTES;
    } finally {
      lock.unlock();
    }
  }

  private long remotes() {
    return members.entrySet().stream()
        .filter(one -> !one.getKey().isName() && !one.getValue().isRetired())
        .count();
  }

  private void run(Member member) {
    try {
      member.run();
    } catch (RuntimeException | Error e) {
      end.completeExceptionally(e);
    } finally {
      remove(member);
    }
  }

  private void remove(Member member) {
    lock.lock();
    try {
      members.remove(member);
      endIfAllFailed();
      if (members.isEmpty()) {
        isEmpty.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a member has failed, until {@link #recovered}.
   *
   * @return whether it is the last one; the caller then logs the failure and calls {@link #end}
   */
  boolean failed(Member member, OriginProxy.End how) {
    lock.lock();
    try {
      setUnlessRetired(member, State.failed(how));
      return decideIfAllFailed();
    } finally {
      lock.unlock();
    }
  }

  /** Records that a member serves, or may serve at its next attempt. */
  void recovered(Member member) {
    lock.lock();
    try {
      setUnlessRetired(member, State.TRYING);
    } finally {
      lock.unlock();
    }
  }

  /** Records that the end of the role depends on other members only. */
  void abstain(Member member) {
    lock.lock();
    try {
      setUnlessRetired(member, State.ABSTAINING);
      endIfAllFailed();
    } finally {
      lock.unlock();
    }
  }

  private void setUnlessRetired(Member member, State next) {
    State now = members.get(member);
    if (now != null && !now.isRetired()) {
      members.put(member, next);
    }
  }

  /**
   * Members of earlier settings that need a call, which the lock does not allow.
   *
   * @param retired those that the settings do not have any more, to drain
   * @param failed those whose failure was forgotten, to try now
   */
  record Affected(List<Member> retired, List<Member> failed) {}

  /**
   * Uses other settings: removes and starts members, and forgets all failures, which the settings
   * may prevent. In between, the role does not end.
   *
   * @param removed members that the settings named; if one is a name, its addresses go with it
   * @param added members that the settings name
   */
  Affected change(Collection<? extends Member> removed, Collection<? extends Member> added) {
    lock.lock();
    try {
      List<Member> retired = setAll(one -> removed.contains(one.root()), State.RETIRED);
      List<Member> failed = setAll(this::hasFailed, State.TRYING);
      start(added);
      return new Affected(retired, failed);
    } finally {
      lock.unlock();
    }
  }

  private boolean hasFailed(Member member) {
    return members.get(member).failure().isPresent();
  }

  private List<Member> setAll(Predicate<Member> which, State state) {
    List<Member> all = members.keySet().stream().filter(which).toList();
    all.forEach(member -> members.put(member, state));
    return all;
  }

  private void endIfAllFailed() {
    if (decideIfAllFailed()) {
      end();
    }
  }

  /** Returns whether the role is to end. Of several failures the first in the order counts. */
  private boolean decideIfAllFailed() {
    List<State> counted = members.values().stream().filter(State::isCounted).toList();
    boolean haveFailed = counted.stream().allMatch(state -> state.failure().isPresent());
    if (isStopping || decided.isPresent() || !haveFailed) {
      return false;
    }
    decided = counted.stream().flatMap(state -> state.failure().stream()).min(naturalOrder());
    return decided.isPresent();
  }

  /** Ends the role: all remote proxies have failed. */
  void end() {
    lock.lock();
    try {
      decided.ifPresent(end::complete);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Blocks until the role ends.
   *
   * @throws IllegalStateException if the thread of a member ended with an exception
   */
  OriginProxy.End awaitEnd() {
    try {
      return end.join();
    } catch (CompletionException e) {
      throw new IllegalStateException("internal error at a remote proxy", e.getCause());
    }
  }

  /** Calls an action for every member. */
  void forEach(Consumer<Member> action) {
    running(false).forEach(action);
  }

  /** Ends the role and calls an action, which stops it, for every member. */
  void stop(Consumer<Member> action) {
    List<Member> all = running(true);
    end.complete(OriginProxy.End.CLOSED);
    all.forEach(action);
  }

  private List<Member> running(boolean isLast) {
    lock.lock();
    try {
      isStopping |= isLast;
      return List.copyOf(members.keySet());
    } finally {
      lock.unlock();
    }
  }

  /** Blocks until the threads of all members have ended, which {@link #stop} causes. */
  void awaitEmpty() {
    lock.lock();
    try {
      while (!members.isEmpty()) {
        isEmpty.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
