package culvert.bounce.server;

import culvert.net.ByteOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * Where a member's bytes go: to each other member in turn, and back where that is wanted. A write
 * waits for the slowest of them, which is what holds the sender back. One that fails is removed and
 * disturbs nobody else. With nobody there the bytes are gone.
 */
final class Fanout extends ByteOutput {

  private final Member sender;
  private final Members members;
  private final MemberEvents events;
  private final BooleanSupplier echoes;

  /** How many bytes came back to the sender before the others were there. */
  private int echoed;

  /** For one that is in its group. */
  Fanout(Member sender, int echoed, Members members, MemberEvents events, BooleanSupplier echoes) {
    this.sender = sender;
    this.echoed = echoed;
    this.members = members;
    this.events = events;
    this.echoes = echoes;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    if (events.isReadEnabled()) {
      events.read(sender.view(), source.asReadOnlyBuffer());
    }
    // Asked first: who hears the bytes may switch it before the others have them.
    boolean back = echoes.getAsBoolean();
    for (Member other : sender.group().members()) {
      if (other != sender) {
        send(source.duplicate(), other);
      }
    }
    int before = Math.min(echoed, source.remaining());
    echoed -= before;
    if (back && before < source.remaining()) {
      send(source.duplicate().position(source.position() + before), sender);
    }
    source.position(source.limit());
    if (sender.isEnded()) {
      throw new IOException("the member has ended");
    }
  }

  private void send(ByteBuffer bytes, Member other) {
    try {
      other.deliver(bytes, sender);
    } catch (IOException e) {
      members.disconnect(other, DisconnectReason.broken(e));
    }
  }
}
