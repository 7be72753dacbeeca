package culvert.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A resolver whose answer a test sets. It has no address at first. */
public final class TestResolver {

  private final AtomicInteger lookups = new AtomicInteger();
  private volatile List<InetAddress> addresses = List.of();
  private volatile CountDownLatch hang = new CountDownLatch(0);

  /** Sets the addresses of every name. */
  public void answer(List<String> literals) throws UnknownHostException {
    var next = new ArrayList<InetAddress>();
    for (String literal : literals) {
      next.add(InetAddress.getByName(literal));
    }
    addresses = next;
  }

  /** Returns a dialer that uses this resolver. */
  public Dialer dialer(BufferPool pool) {
    return new Dialer(pool, new NameLookup(this::resolve));
  }

  /** Makes lookups hang until {@link #resume}. */
  public void hang() {
    hang = new CountDownLatch(1);
  }

  /** Answers the lookups that hang, and later ones. */
  public void resume() {
    hang.countDown();
  }

  /** Returns how many lookups there were. */
  public int lookups() {
    return lookups.get();
  }

  private List<InetAddress> resolve(HostPort target) throws UnknownHostException {
    lookups.incrementAndGet();
    try {
      hang.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (addresses.isEmpty()) {
      throw new UnknownHostException("no address of " + target.host());
    }
    return addresses;
  }
}
