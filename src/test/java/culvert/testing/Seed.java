package culvert.testing;

import java.util.Random;

/** Reproducible randomness: the seed is printed, and {@code -Dculvert.seed=N} sets it. */
public final class Seed {

  private Seed() {}

  /** Returns a generator for the named test. */
  public static Random random(String test) {
    long seed = Long.getLong("culvert.seed", System.nanoTime());
    System.out.println(test + ": -Dculvert.seed=" + seed);
    return new Random(seed);
  }
}
