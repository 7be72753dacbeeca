package culvert.observe;

import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** One adder for each {@link Counter}. */
public final class Counters {

  private final LongAdder[] adders = new LongAdder[Counter.values().length];

  /** All zero. */
  public Counters() {
    for (int i = 0; i < adders.length; i++) {
      adders[i] = new LongAdder();
    }
  }

  /** Adds one. */
  public void count(Counter counter) {
    adders[counter.ordinal()].increment();
  }

  /** The counter itself, for those who know nothing of this room. */
  public LongAdder adder(Counter counter) {
    return adders[counter.ordinal()];
  }

  /** The value now. */
  public long get(Counter counter) {
    return adders[counter.ordinal()].sum();
  }

  /** Name and value of all that are not zero, as fields of a log line. */
  public Object[] fields() {
    var fields = new ArrayList<Object>();
    for (Counter counter : Counter.values()) {
      if (get(counter) != 0) {
        fields.add(counter.name().toLowerCase(Locale.ROOT));
        fields.add(get(counter));
      }
    }
    return fields.toArray();
  }
}
