package culvert.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asks the system's resolver and need not wait for it. A lookup is a native call that nothing ends
 * and that would hold the carrier of a virtual thread: it gets a platform thread, which is left
 * behind when the limit passes. All who want a name at the same time share one.
 */
final class NameLookup {

  /** The lookups of this process, which are bounded together. */
  static final NameLookup OF_PROCESS = new NameLookup(HostPort::resolve);

  /** How many names may be under way: a resolver that hangs must not collect threads. */
  static final int MAX_NAMES = 32;

  /** What is asked; it may take as long as it likes. */
  @FunctionalInterface
  interface Resolver {
    /** All addresses, the preferred first. */
    List<InetAddress> resolve(HostPort target) throws UnknownHostException;
  }

  private final Resolver resolver;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Set<CompletableFuture<List<InetAddress>>>> waiting = new HashMap<>();

  NameLookup(Resolver resolver) {
    this.resolver = resolver;
  }

  /**
   * The addresses that the target has now.
   *
   * @param deadline when, by {@link System#nanoTime}, to give up
   * @param calledOff is completed to give up at once
   * @throws UnknownHostException naming the host, if it has none or too many lookups are under way
   * @throws SocketTimeoutException if the deadline passed
   */
  List<InetAddress> addresses(HostPort target, long deadline, CompletableFuture<Void> calledOff)
      throws IOException {
    String host = target.host();
    Optional<InetAddress> literal = target.literal();
    if (literal.isPresent()) {
      return List.of(literal.get());
    }
    if (host.equalsIgnoreCase("localhost")) {
      // The system knows it by itself, and every visitor's way may lead there.
      return resolver.resolve(target);
    }
    var answer = new CompletableFuture<List<InetAddress>>();
    ask(target, answer);
    calledOff.thenRun(() -> answer.cancel(false));
    try {
      return answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new SocketTimeoutException("no answer from the resolver");
    } catch (CancellationException e) {
      throw new InterruptedIOException("called off");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException unknown) {
        throw unknown;
      }
      throw new IllegalStateException("a bug in a lookup of " + host, e.getCause());
    } finally {
      leave(host, answer);
    }
  }

  private void ask(HostPort target, CompletableFuture<List<InetAddress>> answer)
      throws UnknownHostException {
    String host = target.host();
    lock.lock();
    try {
      if (!waiting.containsKey(host)) {
        if (waiting.size() >= MAX_NAMES) {
          throw new UnknownHostException(
              "the name '" + host + "' was not looked up: " + MAX_NAMES + " others are under way");
        }
        Threads.startPlatform("lookup " + host, () -> resolve(target));
      }
      waiting.computeIfAbsent(host, key -> new HashSet<>()).add(answer);
    } finally {
      lock.unlock();
    }
  }

  private void resolve(HostPort target) {
    try {
      List<InetAddress> addresses = resolver.resolve(target);
      ended(target.host()).forEach(answer -> answer.complete(addresses));
    } catch (UnknownHostException | RuntimeException | Error e) {
      ended(target.host()).forEach(answer -> answer.completeExceptionally(e));
    }
  }

  /** Whoever asks from now on starts a lookup of their own. */
  private Set<CompletableFuture<List<InetAddress>>> ended(String host) {
    lock.lock();
    try {
      return waiting.remove(host);
    } finally {
      lock.unlock();
    }
  }

  /** The name stays until its lookup ends, because its thread does. */
  private void leave(String host, CompletableFuture<List<InetAddress>> answer) {
    lock.lock();
    try {
      Set<CompletableFuture<List<InetAddress>>> others = waiting.get(host);
      if (others != null) {
        others.remove(answer);
      }
    } finally {
      lock.unlock();
    }
  }
}
