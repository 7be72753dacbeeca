package culvert.bounce.server;

import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/**
 * Writes a member's bytes to each other member of its group in turn, and back to the sender if the
 * echo is on. A write blocks until the slowest member has accepted the bytes, which limits the rate
 * of the sender. A member whose write fails is disconnected; the others are not affected. If the
 * sender is alone, its bytes are dropped. The bytes of one write arrive without those of other
 * members in between. One thread uses it.
 */
final class Fanout extends ByteOutput {

  /** The part of a write that one member has not accepted yet. */
  private static final class Delivery {
    final Member receiver;

    /** Its number of bytes, which are the last ones of the write. */
    int left;

    /** Whether this thread holds the output of the receiver. */
    boolean isBegun;

    Delivery(Member receiver, int left) {
      this.receiver = receiver;
      this.left = left;
    }
  }

  private final Member sender;
  private final Members members;
  private final MemberEvents events;
  private final BooleanSupplier isEchoOn;

  /** Number of bytes ahead that were echoed to the sender before a second member joined. */
  private int echoed;

  /** The rest of the write in progress; only the first delivery can have begun. */
  private final Deque<Delivery> pending = new ArrayDeque<>();

  /**
   * Creates the output for a member of a group.
   *
   * @param echoed number of held bytes that were echoed already and must not be echoed again
   */
  Fanout(
      Member sender, int echoed, Members members, MemberEvents events, BooleanSupplier isEchoOn) {
    this.sender = sender;
    this.echoed = echoed;
    this.members = members;
    this.events = events;
    this.isEchoOn = isEchoOn;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    if (pending.isEmpty()) {
      start(source);
    }
    while (!pending.isEmpty()) {
      deliver(source, true);
    }
    finish(source);
  }

  /** Returns at the first member that does not accept all bytes; the write continues with it. */
  @Override
  public boolean writeSome(ByteBuffer source) throws IOException {
    start(source);
    while (!pending.isEmpty()) {
      if (!deliver(source, false)) {
        int left = pending.stream().mapToInt(delivery -> delivery.left).max().orElseThrow();
        source.position(source.limit() - left);
        return false;
      }
    }
    finish(source);
    return true;
  }

  private void start(ByteBuffer source) {
    if (events.isReadEnabled()) {
      events.read(sender.view(), source.asReadOnlyBuffer());
    }
    int bytes = source.remaining();
    for (Member other : sender.group().members()) {
      if (other != sender) {
        pending.add(new Delivery(other, bytes));
      }
    }
    int before = Math.min(echoed, bytes);
    echoed -= before;
    if (isEchoOn.getAsBoolean() && before < bytes) {
      pending.add(new Delivery(sender, bytes - before));
    }
  }

  /** Continues the first delivery; returns false if it has to wait and must not. */
  private boolean deliver(ByteBuffer source, boolean mayWait) {
    Delivery first = pending.element();
    if (!first.isBegun) {
      first.receiver.beginDelivery(sender);
      first.isBegun = true;
    }
    ByteBuffer bytes = source.duplicate().position(source.limit() - first.left);
    IOException failure = null;
    try {
      if (mayWait) {
        first.receiver.deliver(bytes, sender);
      } else if (!first.receiver.deliverSome(bytes, sender)) {
        first.left = bytes.remaining();
        return false;
      }
    } catch (IOException e) {
      failure = e;
    }
    endFirst();
    if (failure != null) {
      members.disconnect(first.receiver, DisconnectReason.failed(failure));
    }
    return true;
  }

  private void endFirst() {
    Delivery first = pending.remove();
    if (first.isBegun) {
      first.receiver.endDelivery();
    }
  }

  private void finish(ByteBuffer source) throws IOException {
    source.position(source.limit());
    if (sender.isEnded()) {
      throw new IOException("the member has ended");
    }
  }

  /** Limits the bytes held until the slowest member has accepted them. */
  @Override
  public int room() {
    return BufferPool.MEDIUM_BYTES;
  }

  /** Ends a write that failed between two calls, so that others can write to its receiver. */
  @Override
  public void close() {
    while (!pending.isEmpty()) {
      endFirst();
    }
  }
}
