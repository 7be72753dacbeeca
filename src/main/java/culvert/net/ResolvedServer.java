package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The current address of a server, for callers that must not block. The name is looked up again
 * after {@link #MAX_AGE}, in a thread of its own; meanwhile the last address stays in use. If the
 * server is unreachable at one address of the name, later callers get the next one.
 */
public final class ResolvedServer {

  /** Age of an address after which its name is looked up again. */
  private static final Duration MAX_AGE = Duration.ofSeconds(10);

  /** Age of a failure, while there is no address, after which the name is looked up again. */
  private static final Duration MAX_FAILURE_AGE = Duration.ofSeconds(1);

  /** Receives the result of a lookup, with identity as equality; must not block. */
  public interface Callback {
    /** The server has this address. */
    void resolved(InetSocketAddress address);

    /** The name has no address. */
    void failed(IOException cause);
  }

  private final HostPort server;
  private final Duration limit;
  private final NameLookup lookup;
  private final LongSupplier nanoTime;

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private List<InetAddress> addresses = List.of();
  private final SequencedSet<Callback> waiting = new LinkedHashSet<>();
  private boolean isResolving;

  /** When the last lookup ended. */
  private long resolvedNanos;

  /** Why the last lookup found no address; null if it found one or none has ended. */
  private IOException failure;

  private int unreachable;

  /**
   * Creates the address of a server that is not resolved yet.
   *
   * @param limit time limit of a lookup
   */
  public ResolvedServer(HostPort server, Duration limit) {
    this(server, limit, NameLookup.OF_PROCESS, System::nanoTime);
  }

  /** Creates the address of a server that is not resolved yet, with a resolver and a clock. */
  ResolvedServer(HostPort server, Duration limit, NameLookup lookup, LongSupplier nanoTime) {
    this.server = server;
    this.limit = limit;
    this.lookup = lookup;
    this.nanoTime = nanoTime;
    server.literal().ifPresent(literal -> addresses = List.of(literal));
  }

  /**
   * Calls the callback, at once if an address is known or the last lookup has just failed,
   * otherwise after the lookup.
   */
  public void address(Callback callback) {
    InetSocketAddress current = null;
    IOException failed = null;
    boolean isDue = false;
    lock.lock();
    try {
      if (!addresses.isEmpty()) {
        current = current();
      } else if (!isOld()) {
        failed = failure;
      } else {
        waiting.add(callback);
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
    } else if (failed != null) {
      callback.failed(failed);
    }
  }

  /** Forgets a callback that waits for a lookup; it may be called nevertheless at this moment. */
  public void cancel(Callback callback) {
    lock.lock();
    try {
      waiting.remove(callback);
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many callbacks wait for a lookup. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  private boolean isOld() {
    boolean isUnknown = addresses.isEmpty() && failure == null;
    Duration max = addresses.isEmpty() ? MAX_FAILURE_AGE : MAX_AGE;
    return isUnknown || nanoTime.getAsLong() - resolvedNanos > max.toNanos();
  }

  private InetSocketAddress current() {
    InetAddress address = addresses.get(Math.floorMod(unreachable, addresses.size()));
    return new InetSocketAddress(address, server.port());
  }

  private void resolve() {
    try {
      long deadline = System.nanoTime() + limit.toNanos();
      List<InetAddress> found = lookup.addresses(server, deadline, new CompletableFuture<>());
      ended(found, null).forEach(this::address);
    } catch (IOException e) {
      ended(List.of(), e).forEach(callback -> callback.failed(e));
    } catch (RuntimeException e) {
      var cause = new IOException(e.getMessage(), e);
      ended(List.of(), cause).forEach(callback -> callback.failed(cause));
    }
  }

  /** Records the result; an empty one leaves the addresses as they are. */
  private List<Callback> ended(List<InetAddress> found, IOException cause) {
    lock.lock();
    try {
      isResolving = false;
      resolvedNanos = nanoTime.getAsLong();
      failure = cause;
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
        unreachable++;
      }
    } finally {
      lock.unlock();
    }
  }
}
