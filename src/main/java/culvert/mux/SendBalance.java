package culvert.mux;

/**
 * Divides a link between datagrams and bulk streams while both wait. Each frame costs its bytes and
 * a fixed amount: the receiver of a datagram needs a system call for each, however small it is.
 * Whichever kind is behind has the next turn, so that neither gains from frames that are smaller or
 * larger than those of the other, nor from a turn that was cut short because a batch was full. Not
 * thread-safe: the writer's lock guards it.
 */
final class SendBalance {

  /** Cost of a frame besides its bytes. */
  private static final int FRAME_COST = 512;

  /** How far bulk can get ahead: a kind that had nothing to send gains no more than one turn. */
  private static final int MAX_BULK_LEAD = 16 * 1024;

  /** How far datagrams can get ahead: by one turn, exceeded by a datagram of maximum length. */
  private static final int MAX_DATAGRAM_LEAD = 80 * 1024;

  /** Cost of the datagrams minus that of bulk. */
  private int lead;

  /** Returns the cost of a frame of this length, with its header. */
  static int cost(int bytes) {
    return FRAME_COST + bytes;
  }

  /** Returns whether bulk has the next turn if both kinds wait. */
  boolean isBulkNext() {
    return lead > 0;
  }

  /** Records the cost of datagrams that were sent. */
  void sentDatagrams(int cost) {
    lead = Math.min(MAX_DATAGRAM_LEAD, lead + cost);
  }

  /** Records the cost of a turn of a bulk stream. */
  void sentBulk(int cost) {
    lead = Math.max(-MAX_BULK_LEAD, lead - cost);
  }
}
