package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.process.Terminal;
import culvert.net.Durations;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** The origin role in its process: TERM and INT drain it, HUP ends a pause. */
final class OriginRun {

  private OriginRun() {}

  /**
   * Runs it to its end.
   *
   * @param drain how long visitors may go on after a stop was asked for
   * @param name of the thread
   */
  static OriginProxy.End of(
      OriginProxy proxy, Duration drain, String name, Terminal terminal, Log log)
      throws InterruptedException {
    terminal
        .stop()
        .then(() -> {
          log.info(
              event("draining")
                  .with("visitors", proxy.visitors())
                  .with("limit", Durations.of(drain)));
          proxy.drain(drain);
        });
    terminal.hangUps().accept(proxy::tryNow);
    OriginProxy.End end = inVirtualThread(proxy, name);
    log.info(event("stopping").withAll(proxy.counters().fields()));
    return end;
  }

  /** Whatever the role waits for, it waits in a virtual thread, as all else here does. */
  private static OriginProxy.End inVirtualThread(OriginProxy proxy, String name)
      throws InterruptedException {
    var run = new FutureTask<>(proxy::run);
    Threads.start(name, run);
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the origin proxy met a bug", e.getCause());
    }
  }
}
