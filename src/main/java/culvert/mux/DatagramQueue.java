package culvert.mux;

import culvert.net.BufferPool;
import culvert.protocol.Message;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.atomic.LongAdder;

/**
 * The datagrams that a link has to send, by flow. The flows take turns of one datagram each, so
 * that none waits behind the datagrams of another. The oldest datagrams are dropped at two limits:
 * the bytes of one flow, which are also never more than all flows leave free, so that flooded flows
 * leave space for others; and the bytes of the link. Under memory pressure the link keeps little
 * more than the newest datagram: streams are reset for memory, and datagrams must not be the cause.
 * Not thread-safe: the writer's lock guards it.
 */
final class DatagramQueue {

  /** Maximum of the datagrams of one flow, in bytes. */
  static final int MAX_FLOW_BYTES = 256 * 1024;

  /** Maximum of the datagrams of all flows of the link, in bytes. */
  static final int MAX_LINK_BYTES = 4 * 1024 * 1024;

  /** Maximum for all flows while more than half of the memory budget is in use, in bytes. */
  private static final int MAX_BYTES_UNDER_PRESSURE = 64 * 1024;

  /** Bytes that a datagram counts besides its own: the memory of its objects. */
  static final int OVERHEAD_BYTES = 128;

  private final BufferPool pool;
  private final LongAdder dropped;

  /** The flows that have datagrams; the one whose turn is next comes first. */
  private final SequencedSet<MuxFlow> flows = new LinkedHashSet<>();

  private long queuedBytes;

  /**
   * Creates an empty queue.
   *
   * @param dropped counts the datagrams that were dropped at a limit
   */
  DatagramQueue(BufferPool pool, LongAdder dropped) {
    this.pool = pool;
    this.dropped = dropped;
  }

  boolean isEmpty() {
    return flows.isEmpty();
  }

  /**
   * Adds a copy of a datagram to its flow, or drops it; drops older ones at a limit.
   *
   * @return the bytes of datagrams of this flow that were dropped
   */
  int add(MuxFlow flow, ByteBuffer datagram) {
    int length = datagram.remaining();
    if (length > Message.MAX_DATAGRAM_BYTES || pool.budget().isExceeded()) {
      dropped.increment();
      return length;
    }
    int droppedBytes = 0;
    int bytes = length + OVERHEAD_BYTES;
    while (flow.queuedBytes > 0 && isOverShare(flow, bytes)) {
      droppedBytes += dropOldest(flow);
    }
    while (queuedBytes > 0 && queuedBytes + bytes > max()) {
      MuxFlow other = flows.getFirst();
      int ofOther = dropOldest(other);
      droppedBytes += other == flow ? ofOther : 0;
    }
    append(flow, pool.borrow(length).put(datagram).flip());
    return droppedBytes;
  }

  /** Returns whether the flow would hold more than a flow may, or more than remains free. */
  private boolean isOverShare(MuxFlow flow, int bytes) {
    long held = flow.queuedBytes + bytes;
    return held > MAX_FLOW_BYTES || held > max() - queuedBytes;
  }

  /** Returns the maximum for all flows now; dropping datagrams may end the pressure. */
  private long max() {
    return pool.budget().isUnderPressure() ? MAX_BYTES_UNDER_PRESSURE : MAX_LINK_BYTES;
  }

  private void append(MuxFlow flow, ByteBuffer copy) {
    if (flow.datagrams == null) {
      flow.datagrams = new ArrayDeque<>(4);
      flows.add(flow);
    }
    flow.datagrams.add(copy);
    count(flow, copy, 1);
  }

  private void count(MuxFlow flow, ByteBuffer datagram, int sign) {
    int bytes = sign * (datagram.capacity() + OVERHEAD_BYTES);
    flow.queuedBytes += bytes;
    queuedBytes += bytes;
  }

  /** Returns the length of the datagram that was dropped. */
  private int dropOldest(MuxFlow flow) {
    ByteBuffer oldest = poll(flow);
    int length = oldest.remaining();
    pool.release(oldest);
    dropped.increment();
    return length;
  }

  private ByteBuffer poll(MuxFlow flow) {
    ByteBuffer oldest = flow.datagrams.poll();
    count(flow, oldest, -1);
    if (flow.datagrams.isEmpty()) {
      flow.datagrams = null;
      flows.remove(flow);
    }
    return oldest;
  }

  /** Returns the flow whose turn is next. */
  MuxFlow next() {
    return flows.getFirst();
  }

  /** Returns the length of the flow's oldest datagram in bytes. */
  int length(MuxFlow flow) {
    return flow.datagrams.peek().remaining();
  }

  /** Moves the oldest datagram of a flow to the buffer; the flow's next turn comes last. */
  void take(MuxFlow flow, ByteBuffer to) {
    ByteBuffer oldest = poll(flow);
    to.put(oldest);
    pool.release(oldest);
    if (flow.datagrams != null) {
      flows.addLast(flow);
    }
  }

  /** Discards the datagrams of a flow that has ended. */
  void remove(MuxFlow flow) {
    while (flow.datagrams != null) {
      pool.release(poll(flow));
    }
  }

  /** Discards all datagrams; the link has ended. */
  void clear() {
    while (!flows.isEmpty()) {
      remove(flows.getFirst());
    }
  }
}
