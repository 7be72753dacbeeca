package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.Durations;
import culvert.session.PendingChannel;
import java.time.Duration;
import java.util.UUID;

/** A visitor that waits for the data channel that names it. */
final class PendingVisitor extends PendingChannel {

  /** Maximum time a visitor waits, even if its own limit is longer. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String NO_DATA_CHANNEL =
      "the client opened no data channel within " + Durations.of(LIMIT);

  private final UUID id = UUID.randomUUID();
  private final BoreSession session;
  private final PendingVisitors all;

  /** Number of its announcement in the session; guarded by the lock of {@link ControlWriter}. */
  private long announcement;

  /** Creates a visitor that is not announced yet. */
  PendingVisitor(BoreSession session, PendingVisitors all) {
    super(session);
    this.session = session;
    this.all = all;
  }

  UUID id() {
    return id;
  }

  BoreSession session() {
    return session;
  }

  /** Records the number of its announcement in the session. */
  void setAnnouncement(long number) {
    announcement = number;
  }

  long announcement() {
    return announcement;
  }

  /** Adds its data channel to the session; returns whether the visitor still waits for it. */
  boolean claim(Connection connection) {
    Connection counted = session.addChannel(connection, this);
    boolean isWaiting = deliver(counted);
    if (!isWaiting) {
      counted.close();
    }
    return isWaiting;
  }

  @Override
  protected void remove() {
    all.remove(this);
  }

  @Override
  public Outcome await(Duration limit) {
    boolean isCapped = limit.compareTo(LIMIT) > 0;
    Outcome outcome = super.await(isCapped ? LIMIT : limit);
    return isCapped && outcome instanceof Outcome.TimedOut
        ? new Outcome.Refused(NO_DATA_CHANNEL)
        : outcome;
  }
}
