package culvert.net;

/**
 * The limits of both directions of a relay, or of a flow.
 *
 * @param forward from the visitor to the origin server
 * @param backward from the origin server to the visitor
 */
public record BandwidthLimits(BandwidthLimit forward, BandwidthLimit backward) {

  /** No limits, now and later. */
  public static final BandwidthLimits NONE =
      new BandwidthLimits(BandwidthLimit.NONE, BandwidthLimit.NONE);
}
