package culvert.origin;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.ReadAhead;
import culvert.net.Relay;
import culvert.session.IncomingStream;
import culvert.session.Visitor;
import java.util.Optional;

/**
 * A visitor's stream from its arrival to the start of its relay. A stream that detects a break only
 * in a read, such as a data channel, is read ahead while the origin server is dialled.
 */
final class WaitingVisitor implements AutoCloseable {

  private final Connection stream;
  private final String name;
  private final BufferPool pool;
  private Optional<ReadAhead> ahead = Optional.empty();

  WaitingVisitor(IncomingStream incoming, BufferPool pool) {
    Visitor visitor = incoming.visitor();
    this.stream = incoming.connection();
    this.pool = pool;
    this.name = visitor.name() + " " + visitor.service();
  }

  /** Runs an action, which must not block, if the visitor disconnects before the relay starts. */
  void onBroken(Runnable action) {
    if (!stream.onBroken(action)) {
      ahead = Optional.of(ReadAhead.start(name + " >", stream, pool, action));
    }
  }

  /** Starts the relay to the origin server. */
  Relay startRelay(Connection origin, Deadlines deadlines, Relay.IdleLimits idle) {
    if (ahead.isPresent()) {
      return ahead
          .get()
          .startRelay(origin, (from, to) -> new Relay(name, from, to, deadlines, idle));
    }
    var relay = new Relay(name, stream, origin, deadlines, idle);
    relay.startForward();
    return relay;
  }

  /** Stops reading ahead, unless a relay was started. */
  @Override
  public void close() {
    ahead.ifPresent(ReadAhead::stop);
  }
}
