package culvert.config;

import culvert.net.Relay;
import culvert.setting.Setting;
import java.time.Duration;
import java.util.Optional;

/**
 * The channel groups of a bounce server.
 *
 * @param groups maximum number of groups; group numbers are below it ({@code --max-pairs})
 * @param members maximum number of members of a group ({@code --max-connections})
 * @param clients maximum number of members of all groups together
 * @param clientsPerAddress maximum number of these from one address: an IPv4 address, or an IPv6
 *     network of 64 bits
 * @param echo whether a member also receives its own bytes
 * @param paired groups whose two members are closed together
 * @param dropSlowAfter a member that accepts no bytes for this time is dropped; until then it
 *     blocks the members that send to it. Zero: never
 * @param halfClose maximum silence of a pair after one of its directions has ended
 * @param idle maximum silence of a member that has others in its group; without a limit if empty
 */
public record BounceGroups(
    int groups,
    int members,
    int clients,
    int clientsPerAddress,
    boolean echo,
    PairedGroups paired,
    Duration dropSlowAfter,
    Duration halfClose,
    Optional<Duration> idle) {

  /**
   * Heap for one member, in bytes. One that waits takes about 12 KiB: two threads, a connection and
   * 2 KiB of bytes read ahead. The larger buffers of some members use half of the memory budget at
   * most, which is an eighth of the heap.
   */
  private static final long HEAP_BYTES_PER_CLIENT = 24 * 1024;

  /** Heap for one member over TLS. One that waits takes about 40 KiB, with its encryption. */
  private static final long HEAP_BYTES_PER_TLS_CLIENT = 64 * 1024;

  /** The defaults of the command line. */
  public static final BounceGroups DEFAULT =
      new BounceGroups(
          65_536,
          2,
          maxClients(false),
          false,
          PairedGroups.NONE,
          Duration.ofMinutes(5),
          Duration.ofSeconds(60));

  /**
   * Validates each value.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public BounceGroups {
    Checks.count(Setting.MAX_PAIRS, groups);
    Checks.count(Setting.MAX_CONNECTIONS, members);
    Checks.count(Setting.MAX_CLIENTS, clients);
    Checks.count(Setting.MAX_CLIENTS_PER_ADDR, clientsPerAddress);
    paired.check(groups);
    Checks.positive(Setting.HALF_CLOSE_TIMEOUT, halfClose, Checks.CUT_ANSWERS);
    idle.ifPresent(
        limit -> Checks.positive(Setting.IDLE_TIMEOUT, limit, Checks.NO_IDLE_CONNECTION));
  }

  /** Creates groups with the default for members of one address, and without an idle timeout. */
  public BounceGroups(
      int groups,
      int members,
      int clients,
      boolean echo,
      PairedGroups paired,
      Duration dropSlowAfter,
      Duration halfClose) {
    this(
        groups,
        members,
        clients,
        ConnectionLimits.shareOfOneAddress(clients),
        echo,
        paired,
        dropSlowAfter,
        halfClose,
        Optional.empty());
  }

  /**
   * Returns the default for members of all groups, which the maximum heap of this process can
   * carry.
   *
   * @param isTls whether members connect over TLS
   */
  public static int maxClients(boolean isTls) {
    return maxClients(Runtime.getRuntime().maxMemory(), isTls);
  }

  /** Returns how many members a heap of this size can carry. */
  static int maxClients(long heapBytes, boolean isTls) {
    long each = isTls ? HEAP_BYTES_PER_TLS_CLIENT : HEAP_BYTES_PER_CLIENT;
    return Math.clamp(heapBytes / each, 1, Checks.MAX_COUNT);
  }

  /** Returns how long a pair may be idle. */
  public Relay.IdleLimits idleLimits() {
    return new Relay.IdleLimits(halfClose, idle);
  }
}
