package culvert.cli.option;

import culvert.config.ByteCount;
import culvert.config.ResourceLimits;
import culvert.config.Timeouts;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Timeouts and resource limits of both roles. */
@InHelp(HelpGroup.LIMITS)
public final class LimitOptions {

  @Option(
      names = "--handshake-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description =
          "Timeout from the connection between the proxies to the end of handshake and login.")
  private Duration handshake;

  @Option(
      names = "--heartbeat",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "Inactivity after which the peer is sent a ping.")
  private Duration heartbeat;

  @Option(
      names = "--heartbeat-timeout",
      paramLabel = "TIME",
      defaultValue = "20s",
      description =
          "Inactivity after which the peer is considered dead; so is a peer that accepts no bytes"
              + " for three times as long. Any byte received counts as activity.")
  private Duration heartbeatTimeout;

  @Mixin private HalfCloseOption halfClose;

  @Mixin private IdleTimeoutOption idle;

  @Mixin private DrainOption drain;

  @Option(
      names = "--max-streams",
      paramLabel = "N",
      defaultValue = "16384",
      description = "Maximum concurrent visitors of one session.")
  private int streams;

  @Option(
      names = "--max-opens",
      paramLabel = "N",
      defaultValue = "512",
      description =
          "Maximum visitors of one session that wait for a connection to the origin server; further"
              + " visitors are queued. A service takes at most half of them, so that others go on.")
  private int opens;

  @Option(
      names = "--max-opens-per-service",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Maximum visitors of one service that wait while its origin server accepts none for 3"
              + " seconds; further visitors are reset at once. A server that accepts has no limit.")
  private int opensPerService;

  @Option(
      names = "--max-flows",
      paramLabel = "N",
      defaultValue = "16384",
      description =
          "Maximum concurrent flows of all UDP services; a new one replaces an old one of the"
              + " service and the address that have the most.")
  private int flows;

  @Option(
      names = "--max-stream-buffer",
      paramLabel = "BYTES",
      defaultValue = "16M",
      description =
          "Maximum bytes buffered for one visitor and direction until the receiving end reads them."
              + " A smaller value is slower over long distances.")
  private ByteCount streamBuffer;

  @Option(
      names = "--max-buffer",
      paramLabel = "BYTES",
      description =
          "Maximum bytes of all buffers together; beyond it, the visitors whose unread bytes take"
              + " the most memory for the longest time are reset. [default: a quarter of the heap,"
              + " at most 256M]")
  private ByteCount buffer;

  @Mixin private LogPeriodOption logPeriod;

  /**
   * Returns the timeouts.
   *
   * @throws IllegalArgumentException if their combination is invalid
   */
  public Timeouts timing() {
    return new Timeouts(
        handshake,
        heartbeat,
        heartbeatTimeout,
        halfClose.timeout(),
        idle.timeout(),
        drain.timeout(),
        logPeriod.period());
  }

  /**
   * Returns the limits of streams and of buffered bytes.
   *
   * @throws IllegalArgumentException if one of them is invalid
   */
  public ResourceLimits resources() {
    ByteCount all = buffer == null ? ResourceLimits.shareOfHeap() : buffer;
    return new ResourceLimits(streams, opens, opensPerService, flows, streamBuffer, all);
  }
}
