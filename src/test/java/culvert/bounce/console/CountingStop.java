package culvert.bounce.console;

import culvert.bounce.server.StopRequest;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often a server was told to stop. */
final class CountingStop implements StopRequest {

  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger begun = new AtomicInteger();

  @Override
  public boolean announce() {
    return asked.incrementAndGet() == 1;
  }

  @Override
  public void begin() {
    begun.incrementAndGet();
  }

  /** How often it was let stop, once it was asked to as often. */
  int count() {
    return begun.get() == asked.get() ? begun.get() : -1;
  }
}
