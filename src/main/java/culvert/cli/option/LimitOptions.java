package culvert.cli.option;

import culvert.config.ByteCount;
import culvert.config.ResourceLimits;
import culvert.config.Timeouts;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of both roles for what is waited for and what is held. */
public final class LimitOptions {

  @Option(
      names = "--handshake-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description =
          "From the connection between the halves to a session that serves (default: 5s).")
  private Duration handshake;

  @Option(
      names = "--heartbeat",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "A peer that was silent for so long is asked for a sign of life (default: 10s).")
  private Duration heartbeat;

  @Option(
      names = "--heartbeat-timeout",
      paramLabel = "TIME",
      defaultValue = "20s",
      description =
          "One that stays silent for so long is given up, as is one that takes no bytes for three "
              + "times as long; any byte counts as a sign of life (default: 20s).")
  private Duration heartbeatTimeout;

  @Option(
      names = "--half-close-timeout",
      paramLabel = "TIME",
      defaultValue = "1m",
      description =
          "A visitor's connection of which one direction has ended may be silent for so "
              + "long (default: 1m). There is no limit while both directions are open.")
  private Duration halfClose;

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "After TERM or INT visitors may finish for so long; a second signal ends at "
              + "once (default: 30s).")
  private Duration drain;

  @Option(
      names = "--max-streams",
      paramLabel = "N",
      defaultValue = "16384",
      description = "Visitors that one session carries at a time (default: 16384).")
  private int streams;

  @Option(
      names = "--max-opens",
      paramLabel = "N",
      defaultValue = "512",
      description =
          "Visitors of one session that wait for the origin server's connection at a time; "
              + "others queue behind them (default: 512).")
  private int opens;

  @Option(
      names = "--max-stream-buffer",
      paramLabel = "BYTES",
      defaultValue = "16M",
      description =
          "Bytes held for one visitor and direction that the other end has not taken yet "
              + "(default: 16M). Smaller is slower over long distances.")
  private ByteCount streamBuffer;

  @Option(
      names = "--max-buffer",
      paramLabel = "BYTES",
      description =
          "The same for all visitors together; beyond it the one that has not been read "
              + "for longest is reset (default: a third of the heap, 256M at the most).")
  private ByteCount buffer;

  @Option(
      names = "--log-period",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "Complaints about one source are logged once in so long, changes of its sessions a "
              + "hundred times; the rest is counted (default: 10s).")
  private Duration logPeriod;

  public Timeouts timing() {
    return new Timeouts(handshake, heartbeat, heartbeatTimeout, halfClose, drain, logPeriod);
  }

  public ResourceLimits bounds() {
    ByteCount all = buffer == null ? ResourceLimits.shareOfHeap() : buffer;
    return new ResourceLimits(streams, opens, streamBuffer, all);
  }
}
