package culvert.config;

import culvert.net.MemoryBudget;
import culvert.setting.Setting;

/**
 * Limits on the streams and buffers of a session, for both roles.
 *
 * @param streams maximum number of streams of a session; the lower limit of the two sides applies
 * @param opens maximum number of streams of a session that wait for an answer to their OPEN; the
 *     lower limit of the two sides applies
 * @param opensPerService maximum number of visitors of a service that wait for its origin server
 *     while that accepts none
 * @param flows maximum number of flows of all UDP services together
 * @param streamBytes maximum number of bytes received for a stream and not read yet
 * @param bufferedBytes maximum of these bytes for all streams together, and of all other buffers of
 *     connections
 */
public record ResourceLimits(
    int streams,
    int opens,
    int opensPerService,
    int flows,
    ByteCount streamBytes,
    ByteCount bufferedBytes) {

  private static final int DEFAULT_OPENS_PER_SERVICE = 256;

  /** The default for flows. */
  public static final int DEFAULT_FLOWS = 16_384;

  private static final ByteCount MIN_STREAM_BYTES = new ByteCount(16 * 1024);
  private static final ByteCount MAX_STREAM_BYTES = new ByteCount(1024 * 1024 * 1024);
  private static final ByteCount MIN_BUFFERED_BYTES = new ByteCount(1024 * 1024);

  /** The defaults of the command line. */
  public static final ResourceLimits DEFAULT =
      new ResourceLimits(16_384, 512, new ByteCount(16 * 1024 * 1024), shareOfHeap());

  /**
   * Validates each value.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public ResourceLimits {
    Checks.count(Setting.MAX_STREAMS, streams);
    Checks.count(Setting.MAX_OPENS, opens);
    Checks.count(Setting.MAX_OPENS_PER_SERVICE, opensPerService);
    Checks.count(Setting.MAX_FLOWS, flows);
    Checks.within(Setting.MAX_STREAM_BUFFER, streamBytes, MIN_STREAM_BYTES, MAX_STREAM_BYTES);
    Checks.within(
        Setting.MAX_BUFFER, bufferedBytes, MIN_BUFFERED_BYTES, new ByteCount(Long.MAX_VALUE));
  }

  /** Creates limits with the default for the visitors of a service that wait. */
  public ResourceLimits(int streams, int opens, ByteCount streamBytes, ByteCount bufferedBytes) {
    this(streams, opens, DEFAULT_OPENS_PER_SERVICE, streamBytes, bufferedBytes);
  }

  /** Creates limits with the default for flows. */
  public ResourceLimits(
      int streams, int opens, int opensPerService, ByteCount streamBytes, ByteCount bufferedBytes) {
    this(streams, opens, opensPerService, DEFAULT_FLOWS, streamBytes, bufferedBytes);
  }

  /** Returns a quarter of the maximum heap of this process, at most 256M. */
  public static ByteCount shareOfHeap() {
    return new ByteCount(MemoryBudget.defaultLimit());
  }
}
