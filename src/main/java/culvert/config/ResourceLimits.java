package culvert.config;

/**
 * What both roles hold at the most.
 *
 * @param streams streams of a session; the smaller one of both sides holds
 * @param opens streams of a session that have no answer yet; the smaller one of both sides holds
 * @param streamBytes bytes that came for a stream and were not read yet
 * @param bufferedBytes the same for all streams together
 */
public record ResourceLimits(
    int streams, int opens, ByteCount streamBytes, ByteCount bufferedBytes) {

  private static final ByteCount MIN_STREAM_BYTES = new ByteCount(16 * 1024);
  private static final ByteCount MAX_STREAM_BYTES = new ByteCount(1024 * 1024 * 1024);
  private static final ByteCount MIN_BUFFERED_BYTES = new ByteCount(1024 * 1024);

  /** The largest default for all streams together. */
  private static final long MAX_DEFAULT_BYTES = 256L * 1024 * 1024;

  /** What the command line has where nothing is given. */
  public static final ResourceLimits DEFAULT =
      new ResourceLimits(16_384, 512, new ByteCount(16 * 1024 * 1024), shareOfHeap());

  /**
   * Checks each.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public ResourceLimits {
    Checks.count("--max-streams", streams);
    Checks.count("--max-opens", opens);
    Checks.within("--max-stream-buffer", streamBytes, MIN_STREAM_BYTES, MAX_STREAM_BYTES);
    Checks.within("--max-buffer", bufferedBytes, MIN_BUFFERED_BYTES, new ByteCount(Long.MAX_VALUE));
  }

  /** A third of the largest heap this process may have, and 256M at the most. */
  public static ByteCount shareOfHeap() {
    long third = Runtime.getRuntime().maxMemory() / 3;
    return new ByteCount(Math.min(MAX_DEFAULT_BYTES, third));
  }
}
