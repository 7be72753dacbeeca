package culvert.observe;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** One adder for each {@link Counter}. */
public final class Counters {

  private final LongAdder[] adders = new LongAdder[Counter.values().length];

  /** Creates counters with the value zero. */
  public Counters() {
    for (int i = 0; i < adders.length; i++) {
      adders[i] = new LongAdder();
    }
  }

  /** Increments a counter. */
  public void count(Counter counter) {
    adders[counter.ordinal()].increment();
  }

  /** Returns the adder of a counter, for packages that do not import this one. */
  public LongAdder adder(Counter counter) {
    return adders[counter.ordinal()];
  }

  /** Returns the current value. */
  public long get(Counter counter) {
    return adders[counter.ordinal()].sum();
  }

  /** Returns the names and values of all counters that are not zero, as fields of a log line. */
  public Map<String, Long> fields() {
    var fields = new LinkedHashMap<String, Long>();
    for (Counter counter : Counter.values()) {
      if (get(counter) != 0) {
        fields.put(counter.name().toLowerCase(Locale.ROOT), get(counter));
      }
    }
    return fields;
  }
}
