package culvert.origin;

import culvert.session.OriginDialect;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The claim of one login, and of the session that follows, to the process of a remote proxy. It
 * precedes the effect of the login there: of two logins over different addresses, the later one
 * would end the connection of the other. {@link #release} may be called by any thread; all else is
 * confined to the thread of the loop.
 */
final class ProcessClaim implements OriginDialect.InstanceCheck {

  private final RemoteClaims claims;
  private final SessionLoop loop;
  private final AtomicBoolean isHeld = new AtomicBoolean();
  private volatile Optional<String> instance = Optional.empty();

  ProcessClaim(RemoteClaims claims, SessionLoop loop) {
    this.claims = claims;
    this.loop = loop;
  }

  @Override
  public void check(String id) throws DuplicateRemoteException {
    if (!hold(id)) {
      throw new DuplicateRemoteException();
    }
  }

  /** Claims a process; returns false if another address of the name has it. */
  boolean hold(String id) {
    instance = Optional.of(id);
    isHeld.set(claims.claim(id, loop).isEmpty());
    return isHeld.get();
  }

  /** Returns the id of the process, once it is known. */
  Optional<String> instance() {
    return instance;
  }

  /** Ends the claim; no effect if there is none. */
  void release() {
    if (isHeld.getAndSet(false)) {
      claims.release(instance.orElseThrow(), loop);
    }
  }
}
