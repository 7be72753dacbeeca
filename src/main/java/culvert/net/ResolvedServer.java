package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The current address of a server, for callers that must not block. The name is looked up again
 * after {@link #MAX_AGE}, in a thread of its own; meanwhile the last address stays in use. If the
 * server is unreachable at one address of the name, later callers get the next one.
 */
public final class ResolvedServer {

  /** Age of an address after which its name is looked up again. */
  private static final Duration MAX_AGE = Duration.ofSeconds(10);

  /** Receives the result of a lookup; must not block. */
  public interface Callback {
    /** The server has this address. */
    void resolved(InetSocketAddress address);

    /** The name has no address. */
    void failed(IOException cause);
  }

  private final HostPort server;
  private final Duration limit;

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private List<InetAddress> addresses = List.of();
  private final List<Callback> waiting = new ArrayList<>();
  private boolean isResolving;
  private long resolvedNanos;
  private int failures;

  /**
   * Creates the address of a server that is not resolved yet.
   *
   * @param limit time limit of a lookup
   */
  public ResolvedServer(HostPort server, Duration limit) {
    this.server = server;
    this.limit = limit;
    server.literal().ifPresent(literal -> addresses = List.of(literal));
  }

  /** Calls the callback, at once if an address is known, otherwise after the lookup. */
  public void address(Callback callback) {
    InetSocketAddress current = null;
    boolean isDue = false;
    lock.lock();
    try {
      if (addresses.isEmpty()) {
        waiting.add(callback);
      } else {
        current = current();
      }
      if (!isResolving && server.literal().isEmpty() && isOld()) {
        isResolving = true;
        isDue = true;
      }
    } finally {
      lock.unlock();
    }
    if (isDue) {
      Threads.start("lookup of " + server, this::resolve);
    }
    if (current != null) {
      callback.resolved(current);
    }
  }

  private boolean isOld() {
    return addresses.isEmpty() || System.nanoTime() - resolvedNanos > MAX_AGE.toNanos();
  }

  private InetSocketAddress current() {
    InetAddress address = addresses.get(Math.floorMod(failures, addresses.size()));
    return new InetSocketAddress(address, server.port());
  }

  private void resolve() {
    try {
      long deadline = System.nanoTime() + limit.toNanos();
      List<InetAddress> found =
          NameLookup.OF_PROCESS.addresses(server, deadline, new CompletableFuture<>());
      ended(found).forEach(callback -> address(callback));
    } catch (IOException e) {
      ended(List.of()).forEach(callback -> callback.failed(e));
    }
  }

  /** Records the result; an empty one leaves the addresses as they are. */
  private List<Callback> ended(List<InetAddress> found) {
    lock.lock();
    try {
      isResolving = false;
      resolvedNanos = System.nanoTime();
      if (!found.isEmpty()) {
        addresses = List.copyOf(found);
      }
      List<Callback> callbacks = List.copyOf(waiting);
      waiting.clear();
      return callbacks;
    } finally {
      lock.unlock();
    }
  }

  /** Records that the server did not answer at this address. */
  public void unreachable(InetSocketAddress address) {
    lock.lock();
    try {
      if (!addresses.isEmpty() && current().equals(address)) {
        failures++;
      }
    } finally {
      lock.unlock();
    }
  }
}
