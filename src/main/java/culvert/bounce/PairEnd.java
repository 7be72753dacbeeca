package culvert.bounce;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Trouble;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A member of a pair as the relay sees it: its connection, whose first bytes may have been read
 * ahead, and which is watched while its partner writes to it.
 */
final class PairEnd implements Connection {

  private final Member member;
  private final Connection connection;
  private final Output output;

  /** For a member that only {@code partner} sends to. */
  PairEnd(Member member, Member partner, Events events) {
    this.member = member;
    this.connection = member.connection();
    this.output = new Output(partner, events);
  }

  private final class Output extends ByteOutput {
    private final Member partner;
    private final Events events;

    Output(Member partner, Events events) {
      this.partner = partner;
      this.events = events;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      if (events.wantsReads()) {
        events.read(partner.view(), source.asReadOnlyBuffer());
      }
      member.take(source, partner);
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

  @Override
  public void closeOutput() throws IOException {
    connection.closeOutput();
  }

  @Override
  public void reset() {
    connection.reset();
  }

  @Override
  public void close() {
    connection.close();
  }

  @Override
  public void resetOnDeath() throws IOException {
    connection.resetOnDeath();
  }

  @Override
  public InetSocketAddress peer() {
    return connection.peer();
  }

  @Override
  public InetSocketAddress local() {
    return connection.local();
  }

  @Override
  public long received() {
    return connection.received();
  }

  @Override
  public long sent() {
    return connection.sent();
  }

  @Override
  public Optional<Trouble> trouble() {
    return connection.trouble();
  }

  @Override
  public void onTrouble(Runnable action) {
    connection.onTrouble(action);
  }
}
