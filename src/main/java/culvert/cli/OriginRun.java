package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.process.Terminal;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs an origin proxy in its process: TERM and INT drain it, HUP reloads and ends a pause. */
final class OriginRun {

  private OriginRun() {}

  /**
   * Runs the proxy to its end.
   *
   * @param drain how long visitors may continue after a request to stop
   * @param name name of the thread
   * @param reload reads the files of the settings again; see {@link FileReload}
   */
  static OriginProxy.End of(
      OriginProxy proxy, Duration drain, String name, Runnable reload, Terminal terminal, Log log)
      throws InterruptedException {
    terminal
        .stop()
        .then(() -> {
          log.info(Draining.of(terminal.stop(), proxy.visitors(), proxy.flows(), drain));
          proxy.drain(drain);
        });
    var fileReload = new FileReload(reload, log);
    terminal
        .hangUps()
        .accept(() -> {
          fileReload.run();
          proxy.tryNow();
        });
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
