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
 * Resolves names with a time limit. A call of the system's resolver is native, cannot be cancelled
 * and would pin the carrier of a virtual thread, so it runs in a platform thread, which is
 * abandoned when the limit passes. Concurrent lookups of the same name share one call.
 */
final class NameLookup {

  /** The lookups of this process, which share one limit. */
  static final NameLookup OF_PROCESS = new NameLookup(HostPort::resolve);

  /**
   * Maximum number of names being resolved, so that a resolver that hangs cannot accumulate
   * threads. A name takes one place however many visitors wait for it, so that origin servers whose
   * names are not resolved leave places for those of other services.
   */
  static final int MAX_NAMES = 256;

  /** The limit for lookups of the background, which leave the other places to visitors. */
  static final int MAX_BACKGROUND_NAMES = MAX_NAMES / 2;

  /** Resolves one name; may block without a limit. */
  @FunctionalInterface
  interface Resolver {
    /** Returns all addresses, the preferred one first. */
    List<InetAddress> resolve(HostPort target) throws UnknownHostException;
  }

  private final Resolver resolver;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Set<CompletableFuture<List<InetAddress>>>> waiting = new HashMap<>();

  NameLookup(Resolver resolver) {
    this.resolver = resolver;
  }

  /**
   * Returns the current addresses of the target.
   *
   * @param deadline time limit, in terms of {@link System#nanoTime}
   * @param cancelled ends the wait when it completes
   * @throws UnknownHostException naming the host, if it has no address or too many lookups are in
   *     progress
   * @throws SocketTimeoutException if the deadline passed
   */
  List<InetAddress> addresses(HostPort target, long deadline, CompletableFuture<Void> cancelled)
      throws IOException {
    return addresses(target, MAX_NAMES, deadline, cancelled);
  }

  /**
   * Returns the current addresses of the target, as the other method does.
   *
   * @param maxNames the number of names being resolved at which no other one is looked up
   * @throws LookupLimitException if too many lookups are in progress
   */
  List<InetAddress> addresses(
      HostPort target, int maxNames, long deadline, CompletableFuture<Void> cancelled)
      throws IOException {
    String host = target.host();
    Optional<InetAddress> literal = target.literal();
    if (literal.isPresent()) {
      return List.of(literal.get());
    }
    if (host.equalsIgnoreCase("localhost")) {
      // Resolved locally without delay; the most frequent origin server.
      return resolver.resolve(target);
    }
    var answer = new CompletableFuture<List<InetAddress>>();
    ask(target, maxNames, answer);
    cancelled.thenRun(() -> answer.cancel(false));
    try {
      return answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new SocketTimeoutException("no answer from the resolver");
    } catch (CancellationException e) {
      throw new InterruptedIOException("cancelled");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException unknown) {
        throw unknown;
      }
      throw new IllegalStateException("internal error while resolving " + host, e.getCause());
    } finally {
      leave(host, answer);
    }
  }

  private void ask(HostPort target, int maxNames, CompletableFuture<List<InetAddress>> answer)
      throws LookupLimitException {
    String host = target.host();
    lock.lock();
    try {
      if (!waiting.containsKey(host)) {
        if (waiting.size() >= maxNames) {
          throw new LookupLimitException(host, maxNames);
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

  /** Removes the lookup; later callers start a new one. */
  private Set<CompletableFuture<List<InetAddress>>> ended(String host) {
    lock.lock();
    try {
      return waiting.remove(host);
    } finally {
      lock.unlock();
    }
  }

  /** Removes one waiting caller. The name stays until its lookup ends, as its thread does. */
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
