package culvert.bounce.console;

import culvert.bounce.server.StopRequest;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the stops of a server. */
final class CountingStop implements StopRequest {

  private final AtomicInteger announced = new AtomicInteger();
  private final AtomicInteger begun = new AtomicInteger();

  @Override
  public boolean announce() {
    return announced.incrementAndGet() == 1;
  }

  @Override
  public void begin() {
    begun.incrementAndGet();
  }

  /** Returns the number of stops begun, or -1 if it differs from the number announced. */
  int count() {
    return begun.get() == announced.get() ? begun.get() : -1;
  }
}
