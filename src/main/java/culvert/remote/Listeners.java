package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.ServiceType;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.observe.LogEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
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
  private static final int MAX_TRIES_OF_UDP = 100;

  private static final long PAUSE_OF_UDP_MILLIS = 10;

  private final Registry registry;
  private final Binder binder;
  private final Deadlines deadlines;
  private final Log log;

  /**
   * Held during a change, also while addresses are bound and listeners are closed. Guards the
   * fields below. Stopping the role does not take it.
   */
  private final ReentrantLock changing = new ReentrantLock();

  private List<ListenerSpec> wanted = List.of();

  /** Listeners that could not be bound, each of which was logged. */
  private final Set<ListenerSpec> failed = new HashSet<>();

  /** Those among them that would need the port of the listener that is open instead. */
  private final Set<ListenerSpec> excluded = new HashSet<>();

  private boolean isRetryPlanned;

  /** Whether a UDP port was closed in the current change. */
  private boolean isUdpClosed;

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
      wanted = specs;
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
      wanted = specs;
      failed.clear();
      excluded.clear();
      isUdpClosed = false;
      closeFirst();
      openMissing();
    } finally {
      changing.unlock();
    }
  }

  /** Closes the listeners that are not wanted, and those whose port is wanted by another one. */
  private void closeFirst() {
    for (ListenerTable.Open open : registry.listeners()) {
      ListenerSpec.Key key = open.spec().key();
      boolean isWanted = wanted.stream().anyMatch(spec -> spec.key().equals(key));
      boolean isUnchanged = wanted.contains(open.spec());
      if (!isWanted || !isUnchanged && isPortOfAnother(open)) {
        close(open);
      }
    }
  }

  private boolean isPortOfAnother(ListenerTable.Open open) {
    return wanted.stream()
        .anyMatch(spec -> !spec.key().equals(open.spec().key()) && canConflict(spec, open));
  }

  private static boolean canConflict(ListenerSpec spec, ListenerTable.Open open) {
    return spec.canConflict(open.spec().type(), open.listener().address().port());
  }

  private void close(ListenerTable.Open open) {
    registry.close(open.spec().key());
    open.listener().close();
    isUdpClosed |= open.spec().type() == ServiceType.UDP;
  }

  private void openMissing() {
    for (ListenerSpec spec : isStopped ? List.<ListenerSpec>of() : wanted) {
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
      if (before.filter(one -> canConflict(spec, one)).isPresent()) {
        replace(spec, before.get());
      } else {
        open(spec, bindRepeatedly(spec));
        before.ifPresent(one -> one.listener().close());
      }
      if (failed.remove(spec)) {
        log.info(described("listener opened", spec));
      }
    } catch (IOException e) {
      fail(spec, e);
    }
  }

  /** Binds the same port at another host: the listener before would exclude it. */
  private void replace(ListenerSpec spec, ListenerTable.Open before) throws IOException {
    close(before);
    BoundListener next;
    try {
      next = bindRepeatedly(spec);
    } catch (IOException e) {
      open(before.spec(), bindRepeatedly(before.spec()));
      excluded.add(spec);
      throw e;
    }
    open(spec, next);
  }

  private BoundListener bindRepeatedly(ListenerSpec spec) throws IOException {
    int max = isUdpClosed && spec.type() == ServiceType.UDP ? MAX_TRIES_OF_UDP : 1;
    for (int tries = 1; ; tries++) {
      try {
        return binder.bind(spec);
      } catch (IOException e) {
        if (tries == max) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_OF_UDP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void open(ListenerSpec spec, BoundListener listener) throws IOException {
    if (!registry.open(new ListenerTable.Open(spec, listener))) {
      // The role is stopping.
      listener.close();
      return;
    }
    try {
      listener.start();
    } catch (IOException e) {
      registry.close(spec.key());
      listener.close();
      throw e;
    }
  }

  private void fail(ListenerSpec spec, IOException cause) {
    if (failed.add(spec)) {
      LogEvent line = described("listener not opened", spec).with("cause", cause.getMessage());
      boolean isTriedAgain = !excluded.contains(spec);
      log.error(isTriedAgain ? line.with("again_in", Durations.of(RETRY_PAUSE)) : line);
    }
  }

  private static LogEvent described(String event, ListenerSpec spec) {
    return event(event)
        .with("listener", spec.key())
        .with("address", spec.type().prefix() + spec.address());
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
      isUdpClosed = false;
      openMissing();
    } finally {
      changing.unlock();
    }
  }
}
