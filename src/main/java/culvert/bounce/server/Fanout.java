package culvert.bounce.server;

import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * Writes a member's bytes to each other member of its group in turn, and back to the sender if the
 * echo is on. A write blocks until the slowest member has accepted the bytes, which limits the rate
 * of the sender. A member whose write fails is disconnected; the others are not affected. If the
 * sender is alone, its bytes are dropped.
 */
final class Fanout extends ByteOutput {

  private final Member sender;
  private final Members members;
  private final MemberEvents events;
  private final BooleanSupplier isEchoOn;

  /** Number of bytes ahead that were echoed to the sender before a second member joined. */
  private int echoed;

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
    if (events.isReadEnabled()) {
      events.read(sender.view(), source.asReadOnlyBuffer());
    }
    // Read once: an operator may change it while the bytes are delivered.
    boolean isEcho = isEchoOn.getAsBoolean();
    for (Member other : sender.group().members()) {
      if (other != sender) {
        send(source.duplicate(), other);
      }
    }
    int before = Math.min(echoed, source.remaining());
    echoed -= before;
    if (isEcho && before < source.remaining()) {
      send(source.duplicate().position(source.position() + before), sender);
    }
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

  private void send(ByteBuffer bytes, Member other) {
    try {
      other.deliver(bytes, sender);
    } catch (IOException e) {
      members.disconnect(other, DisconnectReason.failed(e));
    }
  }
}
