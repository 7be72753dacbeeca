package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** Runs an origin proxy in its process: TERM and INT drain it. */
final class OriginRun {

  private OriginRun() {}

  /**
   * Runs the proxy to its end.
   *
   * @param drain is called at a request to stop; returns how long visitors may continue
   * @param name name of the thread
   * @param hangUp runs on HUP
   */
  static OriginProxy.End of(
      OriginProxy proxy,
      Supplier<Duration> drain,
      String name,
      Runnable hangUp,
      Terminal terminal,
      Log log)
      throws InterruptedException {
    terminal
        .stop()
        .then(() -> {
          Duration limit = drain.get();
          log.info(Draining.of(terminal.stop(), proxy.visitors(), proxy.flows(), limit));
          proxy.drain(limit);
        });
    terminal.hangUps().accept(hangUp);
    OriginProxy.End end = inVirtualThread(proxy, name);
    log.info(event("stopping").withAll(proxy.counters().fields()));
    return end;
  }

  /** Runs the proxy in a virtual thread, because it blocks on connections. */
  private static OriginProxy.End inVirtualThread(OriginProxy proxy, String name)
      throws InterruptedException {
    var run = new FutureTask<>(proxy::run);
    Threads.start(name, run);
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("internal error in the origin proxy", e.getCause());
    }
  }
}
