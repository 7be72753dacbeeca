package culvert.bounce.server;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.ForwardingConnection;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A member of a pair as the relay sees it: its connection, whose first bytes may have been read
 * ahead, and which is watched while its partner writes to it.
 */
final class PairedConnection extends ForwardingConnection {

  private final Member member;
  private final Output output;

  /** For a member that only {@code partner} sends to. */
  PairedConnection(Member member, Member partner, MemberEvents events) {
    super(member.connection());
    this.member = member;
    this.output = new Output(partner, events);
  }

  private final class Output extends ByteOutput {
    private final Member partner;
    private final MemberEvents events;

    Output(Member partner, MemberEvents events) {
      this.partner = partner;
      this.events = events;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      if (events.isReadEnabled()) {
        events.read(partner.view(), source.asReadOnlyBuffer());
      }
      member.deliver(source, partner);
    }
  }

  @Override
  public ByteInput input() {
    return member.input();
  }

  @Override
  public ByteOutput output() {
    return output;
  }
}
