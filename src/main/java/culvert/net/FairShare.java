package culvert.net;

/**
 * The rule by which any number of holders share a fixed number of places, so that holders that
 * never return theirs leave some for others. A holder may take as many places as remain free after
 * it: one takes almost half, two take a third each. An eighth of the places is kept for holders
 * that have none.
 */
public final class FairShare {

  private static final int KEPT_PART = 8;

  private FairShare() {}

  /**
   * Returns whether a holder may take another place.
   *
   * @param total number of places
   * @param used places taken by all holders
   * @param held places taken by this one
   */
  public static boolean isAvailable(int total, int used, int held) {
    int free = total - used;
    return held == 0 ? free > 0 : held <= free - total / KEPT_PART;
  }
}
