package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.ServiceType;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.ServerAddress;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Opens, moves and closes the listeners of a remote proxy, at the start and while it runs. A
 * listener is bound before anything changes. If that fails while the role runs, no other listener
 * is affected, the one before stays open where the two do not exclude each other, and the bind is
 * tried again every second.
 */
final class Listeners {

  /** Binds a listener. */
  @FunctionalInterface
  interface Binder {
    /**
     * Binds the address of the settings.
     *
     * @throws IOException naming the address, if it cannot be bound; nothing stays bound
     */
    BoundListener bind(ListenerSpec spec) throws IOException;
  }

  private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);

  /** A UDP port that was closed a moment ago is freed by the thread of its loop. */
  private static final Duration UDP_LIMIT = Duration.ofSeconds(1);

  private static final Duration UDP_PAUSE = Duration.ofMillis(10);

  private final Registry registry;
  private final Binder binder;
  private final Deadlines deadlines;
  private final Log log;

  /**
   * Held during a change, also while addresses are bound and listeners are closed. Guards the
   * fields below. Stopping the role does not take it.
   */
  private final ReentrantLock changing = new ReentrantLock();

  private Map<ListenerSpec.Key, ListenerSpec> wanted = Map.of();

  /** Listeners that could not be bound, each of which was logged. */
  private final Set<ListenerSpec> failed = new HashSet<>();

  /**
   * Those among them that need the port of the listener that is open instead. They are not tried
   * again before the next change: each try would close that listener.
   */
  private final Set<ListenerSpec> excluded = new HashSet<>();

  private boolean isRetryPlanned;

  /** When the UDP ports that were closed last are free, at the latest. */
  private long udpFreedByNanos = System.nanoTime();

  /** Set once, by the thread that stops the role. */
  private volatile boolean isStopped;

  /** Creates an instance without listeners. */
  Listeners(Registry registry, Binder binder, Deadlines deadlines, Log log) {
    this.registry = registry;
    this.binder = binder;
    this.deadlines = deadlines;
    this.log = log;
  }

  /**
   * Binds all listeners at the start of the role. Peers queue until {@link #start}.
   *
   * @throws IOException naming the address, if one cannot be bound; the others stay bound
   */
  void bind(List<ListenerSpec> specs) throws IOException {
    changing.lock();
    try {
      want(specs);
      for (ListenerSpec spec : specs) {
        registry.open(new ListenerTable.Open(spec, binder.bind(spec)));
      }
    } finally {
      changing.unlock();
    }
  }

  /**
   * Starts all listeners that were bound.
   *
   * @throws IOException if the system does not permit it
   */
  void start() throws IOException {
    for (ListenerTable.Open one : registry.listeners()) {
      one.listener().start();
    }
  }

  /** Changes the listeners; blocks until it is done, and logs those that cannot be bound. */
  void change(List<ListenerSpec> specs) {
    changing.lock();
    try {
      if (isStopped) {
        return;
      }
      want(specs);
      failed.clear();
      excluded.clear();
      closeUnneeded();
      closeFirst();
      openMissing();
    } finally {
      changing.unlock();
    }
  }

  /** Closes replaced listeners whose sessions need no data channels any more. */
  private void closeUnneeded() {
    for (ListenerTable.Open one : registry.retiredListeners()) {
      ServerAddress address = one.listener().address();
      Runnable close = () -> closeUnused(one, address);
      if (!one.listener().retire(close)) {
        close.run();
      }
    }
  }

  private void want(List<ListenerSpec> specs) {
    wanted = new LinkedHashMap<>();
    specs.forEach(spec -> wanted.put(spec.key(), spec));
  }

  /** Closes the listeners that are not wanted, and those whose port is wanted by another one. */
  private void closeFirst() {
    for (ListenerTable.Open open : registry.listeners()) {
      ListenerSpec next = wanted.get(open.spec().key());
      if (open.spec().equals(next)) {
        continue;
      }
      if (isPortOfAnother(open)) {
        close(open);
      } else if (next == null) {
        registry.close(open.spec().key());
        retire(open);
      }
    }
  }

  private boolean isPortOfAnother(ListenerTable.Open open) {
    return wanted.values().stream()
        .anyMatch(spec -> !spec.key().equals(open.spec().key()) && canConflict(spec, open));
  }

  private static boolean canConflict(ListenerSpec spec, ListenerTable.Open open) {
    return spec.canConflict(open.spec().type(), open.listener().address());
  }

  private void close(ListenerTable.Open open) {
    registry.close(open.spec().key());
    close(open.spec(), open.listener());
  }

  private void close(ListenerSpec spec, BoundListener listener) {
    listener.close();
    if (spec.type() == ServiceType.UDP) {
      udpFreedByNanos = System.nanoTime() + UDP_LIMIT.toNanos();
    }
  }

  /** Closes a listener that was replaced, once none of its sessions needs it for data channels. */
  private void retire(ListenerTable.Open one) {
    ServerAddress address = one.listener().address();
    if (!registry.retire(one)) {
      close(one.spec(), one.listener());
    } else if (one.listener().retire(() -> closeUnused(one, address))) {
      log.info(described("listener kept for data channels", one.spec(), address));
    } else if (registry.removeRetired(one)) {
      close(one.spec(), one.listener());
    }
  }

  private void closeUnused(ListenerTable.Open one, ServerAddress address) {
    if (registry.removeRetired(one)) {
      one.listener().close();
      log.info(described("listener closed", one.spec(), address));
    }
  }

  /** Closes the listeners for data channels that exclude another one. */
  private void closeRetired(ListenerSpec excluded) {
    for (ListenerTable.Open one : registry.retiredListeners()) {
      if (canConflict(excluded, one) && registry.removeRetired(one)) {
        one.listener().close();
        if (!excluded.key().equals(one.spec().key())) {
          log.warn(
              described("listener closed", one.spec(), one.listener().address())
                  .with("cause", "its address is needed for: " + excluded.key()));
        }
      }
    }
  }

  private void openMissing() {
    for (ListenerSpec spec : isStopped ? List.<ListenerSpec>of() : wanted.values()) {
      Optional<ListenerTable.Open> open = registry.listener(spec.key());
      if (open.filter(one -> one.spec().equals(spec)).isEmpty() && !excluded.contains(spec)) {
        tryOpen(spec, open);
      }
    }
    if (failed.size() > excluded.size()) {
      planRetry();
    }
  }

  private void tryOpen(ListenerSpec spec, Optional<ListenerTable.Open> before) {
    try {
      if (!isReopened(spec, before)) {
        closeRetired(spec);
        if (before.filter(one -> canConflict(spec, one)).isPresent()) {
          replace(spec, before.get());
        } else {
          open(spec, bindSoon(spec), before);
        }
      }
      failed.remove(spec);
    } catch (IOException e) {
      fail(spec, e);
    } catch (RuntimeException | Error e) {
      log.bug("internal error on listener", e);
      failed.add(spec);
    }
  }

  /**
   * Puts a listener back in place that was replaced and is still open, so that its sessions remain
   * its own. Returns false if there is none at this address.
   */
  private boolean isReopened(ListenerSpec spec, Optional<ListenerTable.Open> before) {
    Optional<ListenerTable.Open> found =
        registry.retiredListeners().stream()
            .filter(one -> one.spec().equals(spec) && registry.removeRetired(one))
            .findFirst();
    found.ifPresent(one -> reopen(one, before));
    return found.isPresent();
  }

  private void reopen(ListenerTable.Open one, Optional<ListenerTable.Open> before) {
    one.listener().reopen();
    if (!registry.open(one)) {
      // The role is stopping, and closes the one before.
      one.listener().close();
      return;
    }
    log.info(described("listener opened", one.spec(), one.listener().address()));
    before.ifPresent(this::retire);
  }

  /** Binds the same port at another host: the listener before would exclude it. */
  private void replace(ListenerSpec spec, ListenerTable.Open before) throws IOException {
    close(before);
    BoundListener next;
    try {
      next = bindSoon(spec);
    } catch (IOException e) {
      if (isOpenAgain(before.spec(), e)) {
        excluded.add(spec);
      }
      throw e;
    }
    open(spec, next, Optional.empty());
  }

  private boolean isOpenAgain(ListenerSpec before, IOException cause) {
    try {
      open(before, bindSoon(before), Optional.empty());
      return true;
    } catch (IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  /** Binds an address that may have been closed a moment ago. */
  private BoundListener bindSoon(ListenerSpec spec) throws IOException {
    while (true) {
      try {
        return binder.bind(spec);
      } catch (IOException e) {
        boolean isFreedSoon = udpFreedByNanos - System.nanoTime() > 0;
        if (spec.type() != ServiceType.UDP || !isFreedSoon || !isPauseOver()) {
          throw e;
        }
      }
    }
  }

  /** Pauses; returns false if the thread was interrupted. */
  private static boolean isPauseOver() {
    try {
      Thread.sleep(UDP_PAUSE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Enters a bound listener in place of the one before, starts it, and retires the one before. If
   * it cannot be started, the one before stays.
   */
  private void open(ListenerSpec spec, BoundListener listener, Optional<ListenerTable.Open> before)
      throws IOException {
    if (!registry.open(new ListenerTable.Open(spec, listener))) {
      // The role is stopping, and closes the one before.
      listener.close();
      return;
    }
    try {
      listener.start();
    } catch (IOException | RuntimeException | Error e) {
      restore(spec.key(), before);
      close(spec, listener);
      throw e;
    }
    log.info(described("listener opened", spec, listener.address()));
    before.ifPresent(this::retire);
  }

  private void restore(ListenerSpec.Key key, Optional<ListenerTable.Open> before) {
    if (before.isEmpty()) {
      registry.close(key);
    } else if (!registry.open(before.get())) {
      // The role is stopping, and does not know it any more.
      before.get().listener().close();
    }
  }

  private void fail(ListenerSpec spec, IOException cause) {
    if (failed.add(spec)) {
      LogEvent line =
          described("listener not opened", spec, spec.address()).with("cause", cause.getMessage());
      boolean isTriedAgain = !excluded.contains(spec);
      log.error(isTriedAgain ? line.with("again_in", Durations.of(RETRY_PAUSE)) : line);
    }
  }

  private static LogEvent described(String event, ListenerSpec spec, ServerAddress address) {
    return event(event)
        .with("listener", spec.key())
        .with("address", spec.type().prefix() + address);
  }

  private void planRetry() {
    if (!isRetryPlanned && !isStopped) {
      isRetryPlanned = true;
      deadlines.after(RETRY_PAUSE, () -> Threads.start("listeners", this::retry));
    }
  }

  /** Opens no more listeners; the caller closes those that are open. Does not block. */
  void stop() {
    isStopped = true;
  }

  private void retry() {
    changing.lock();
    try {
      isRetryPlanned = false;
      openMissing();
    } finally {
      changing.unlock();
    }
  }
}
