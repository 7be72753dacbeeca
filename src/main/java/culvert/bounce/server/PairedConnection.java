package culvert.bounce.server;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.ForwardingConnection;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A member of a pair as a connection for the relay. Input starts with the bytes that were read
 * ahead; output is reported as member events and monitored for stalled writes.
 */
final class PairedConnection extends ForwardingConnection {

  private final Member member;
  private final Output output;

  /** Creates the connection of a member that receives bytes only from {@code partner}. */
  PairedConnection(Member member, Member partner, MemberEvents events) {
    super(member.connection());
    this.member = member;
    this.output = new Output(partner, events);
  }

  private final class Output extends ByteOutput {
    private final Member partner;
    private final MemberEvents events;

    /** Whether the next write has the rest of bytes that were reported as a whole. */
    private boolean restReported;

    Output(Member partner, MemberEvents events) {
      this.partner = partner;
      this.events = events;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      if (!restReported) {
        report(source);
      }
      restReported = false;
      member.deliver(source, partner);
    }

    @Override
    public boolean writeSome(ByteBuffer source) throws IOException {
      report(source);
      restReported = !member.deliverSome(source, partner);
      return !restReported;
    }

    private void report(ByteBuffer bytes) {
      if (events.isReadEnabled()) {
        events.read(partner.view(), bytes.asReadOnlyBuffer());
      }
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
