package culvert.origin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The logins and sessions of a role, by the ids of the remote proxies' processes. A second login at
 * one process replaces the first, because both have one name. Addresses of one name are therefore
 * not used twice for one process. Other addresses are not kept away from a process by this: the
 * operator of one remote proxy could claim the id of another's. Thread-safe.
 */
final class RemoteClaims {

  /** The logins and sessions of a loop at one process. */
  static final class Claim {
    private final SessionLoop holder;
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    /** Those that have not ended; guarded by the lock of the claims. */
    private int sessions = 1;

    private Claim(SessionLoop holder) {
      this.holder = holder;
    }

    SessionLoop holder() {
      return holder;
    }

    /** Returns a future that completes when the last session has ended. */
    CompletableFuture<Void> released() {
      return released;
    }
  }

  /** Guards the map and its values. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, List<Claim>> claims = new HashMap<>();

  /**
   * Claims a process for a login of a loop, unless a loop of the same name has one.
   *
   * @return the claim of that other loop, if there is one
   */
  Optional<Claim> claim(String instance, SessionLoop loop) {
    lock.lock();
    try {
      Optional<Claim> own = find(instance, holder -> holder == loop);
      Optional<Claim> other =
          find(instance, holder -> holder != loop && holder.root() == loop.root());
      if (own.isPresent()) {
        own.get().sessions++;
      } else if (other.isEmpty()) {
        claims.computeIfAbsent(instance, none -> new ArrayList<>()).add(new Claim(loop));
      }
      return own.isPresent() ? Optional.empty() : other;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the claim of another loop of the role, if one has sessions with the process. */
  Optional<Claim> ofOther(String instance, SessionLoop loop) {
    lock.lock();
    try {
      return find(instance, holder -> holder != loop);
    } finally {
      lock.unlock();
    }
  }

  private Optional<Claim> find(String instance, Predicate<SessionLoop> which) {
    return claims.getOrDefault(instance, List.of()).stream()
        .filter(claim -> which.test(claim.holder))
        .findFirst();
  }

  /** Ends the claim of one login or session. */
  void release(String instance, SessionLoop loop) {
    Optional<Claim> ended = Optional.empty();
    lock.lock();
    try {
      Claim claim = find(instance, holder -> holder == loop).orElseThrow();
      claim.sessions--;
      if (claim.sessions == 0) {
        ended = Optional.of(claim);
        remove(instance, claim);
      }
    } finally {
      lock.unlock();
    }
    ended.ifPresent(claim -> claim.released.complete(null));
  }

  private void remove(String instance, Claim claim) {
    List<Claim> all = claims.get(instance);
    all.remove(claim);
    if (all.isEmpty()) {
      claims.remove(instance);
    }
  }
}
