package culvert.remote;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.ReadAhead;
import culvert.net.Relay;
import culvert.session.PendingStream;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The visitor's half of a relay while its stream is not answered. If the stream takes bytes before
 * the answer, they are forwarded, otherwise a little is read ahead; either way a visitor that
 * resets its connection is noticed, and its stream is cancelled at once.
 */
final class PendingRelay {

  private final BiFunction<Connection, Connection, Relay> maker;

  /** Present if bytes are forwarded already; otherwise {@link #ahead} is. */
  private final Optional<Relay> early;

  private final Optional<ReadAhead> ahead;

  /**
   * Starts to read from the visitor.
   *
   * @param threadName name of the reading thread
   * @param maker makes the relay of the visitor and its stream
   */
  PendingRelay(
      String threadName,
      Connection visitor,
      BufferPool pool,
      PendingStream opened,
      BiFunction<Connection, Connection, Relay> maker) {
    this.maker = maker;
    this.early = opened.early().map(stream -> maker.apply(visitor, stream));
    this.ahead =
        early.isPresent()
            ? Optional.empty()
            : Optional.of(ReadAhead.start(threadName, visitor, pool, opened::cancel));
    early.ifPresent(Relay::startForward);
  }

  /** Returns the relay, whose forward loop runs, once the stream is accepted. */
  Relay accept(Connection stream) {
    return early.orElseGet(() -> ahead.get().startRelay(stream, maker));
  }

  /**
   * Ends it without a relay; the visitor is reset or has to be.
   *
   * @return whether the visitor had reset its connection
   */
  boolean abandon() {
    ahead.ifPresent(ReadAhead::stop);
    return early.map(Relay::abort).filter(Relay.Outcome.FIRST_FAILED::equals).isPresent()
        || ahead.filter(ReadAhead::isBroken).isPresent();
  }
}
