package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.SilentPeerException;
import culvert.net.SocketConnection;
import culvert.net.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What a client is told on its control connection: queued, for one thread to write. It also finds
 * out whether the client is there still, though that never answers.
 *
 * <p>The system finds a dead peer by asking (keep-alive), which it does only while all that was
 * sent is acknowledged. So heartbeats are rare, and between two there is time enough to ask. And
 * where something may have been under way when the client died, it is told more than its system
 * takes unless it acknowledges, which makes "not acknowledged" a write that does not end.
 */
final class ControlWriter {

  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  /**
   * One that dies shortly before a heartbeat would not be asked any more. So a heartbeat is said so
   * often that a small send buffer cannot take it all: of Linux's smallest buffer six take all
   * there is. It is still less than bore says in that time.
   */
  private static final int BEATS = 16;

  private static final int SMALLEST_BUFFER = 1;
  private static final int USUAL_BUFFER = 128 * 1024;

  /**
   * A client that claims no visitor for so long after one was announced may be dead, and then the
   * announcement itself keeps the system from asking. It is looked at as often, so that twice as
   * long may pass.
   */
  private static final Duration DOUBT = Duration.ofSeconds(2);

  /**
   * What a dead client's system never takes, in so many pieces: while something is under way that
   * is not acknowledged Linux joins small messages to one segment of up to 64 KiB, whatever the
   * send buffer. A live one has it soon, also when it is far.
   */
  private static final int DOUBT_PIECES = 100;

  private static final int DOUBT_BEATS = 64;
  private static final int DOUBT_BUFFER = 16 * 1024;

  /** For a message to leave; a client that takes none for so long is lost. */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  /** For the client to close once it was told why it gets nothing. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /** Messages that wait for a client that takes them slowly. */
  private static final int MAX_UNSAID = 2 * PendingVisitors.MAX_OF_SESSION;

  private final Connection connection;
  private final JsonFrames frames;
  private final Deadlines deadlines;
  private final Consumer<IOException> lost;
  private final BlockingQueue<ServerMessage> unsaid = new LinkedBlockingQueue<>(MAX_UNSAID);

  private final ReentrantLock lock = new ReentrantLock();

  /** How many visitors were announced; the lock guards it and all that follows. */
  private long announced;

  /** How many of them the client was told of. */
  private long said;

  /** How many of those it has heard of for certain: what it heard it heard in order. */
  private long heard;

  /** Since when there is no sign of life though one is wanted. */
  private long silentNanos;

  private long livedNanos = System.nanoTime();

  /** Whether somebody wants to know at once. */
  private boolean doubted;

  private Thread thread;

  /**
   * Says nothing yet.
   *
   * @param lost hears why the client cannot be told any more; must not block
   */
  ControlWriter(
      Connection connection, JsonFrames frames, Deadlines deadlines, Consumer<IOException> lost) {
    this.connection = connection;
    this.frames = frames;
    this.deadlines = deadlines;
    this.lost = lost;
  }

  /** From now on, in a thread of that name. */
  void start(String name) {
    thread = Threads.start(name, this::write);
  }

  /** Ends the thread, and waits for that; the connection is closed already. */
  void stop() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The client is to hear this; behind an Error the connection is closed. Does not wait. */
  void tell(ServerMessage message) {
    unsaid.add(message);
  }

  /**
   * The same for a visitor that waits.
   *
   * @return which announcement this is, from 1; 0 if too much is unsaid, and this with it
   */
  long announce(ServerMessage.Connection visitor) {
    lock.lock();
    try {
      return unsaid.offer(visitor) ? ++announced : 0;
    } finally {
      lock.unlock();
    }
  }

  private void announces() {
    lock.lock();
    try {
      if (said == heard) {
        silentNanos = System.nanoTime();
      }
      said++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A sign of life, which the client can have given before it heard of what was said since.
   *
   * @param announcement the latest of which it shows that the client has heard
   */
  void lives(long announcement) {
    lock.lock();
    try {
      heard = Math.max(heard, announcement);
      silentNanos = System.nanoTime();
      livedNanos = silentNanos;
      doubted = false;
    } finally {
      lock.unlock();
    }
  }

  /** Makes sure of it soon, unless there was a sign within a heartbeat. */
  void doubt() {
    lock.lock();
    try {
      doubted = System.nanoTime() - livedNanos > HEARTBEAT.toNanos();
    } finally {
      lock.unlock();
    }
  }

  private boolean isDoubtful() {
    lock.lock();
    try {
      return doubted || said > heard && System.nanoTime() - silentNanos >= DOUBT.toNanos();
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      for (long due = System.nanoTime() + HEARTBEAT.toNanos(); ; ) {
        long wait = Math.min(due - System.nanoTime(), DOUBT.toNanos());
        ServerMessage next = unsaid.poll(wait, TimeUnit.NANOSECONDS);
        if (next instanceof ServerMessage.Connection) {
          announces();
        }
        if (next != null) {
          say(next);
        }
        if (next instanceof ServerMessage.Error) {
          connection.closeOutput();
          deadlines.after(CLOSE_LIMIT, connection::close);
          return;
        }
        if (isDoubtful()) {
          insist();
        }
        // Also while visitors keep coming.
        if (System.nanoTime() - due >= 0) {
          beat();
          due = System.nanoTime() + HEARTBEAT.toNanos();
        }
      }
    } catch (IOException e) {
      lost.accept(e);
    } catch (InterruptedException e) {
      // The session is over.
    }
  }

  private void beat() throws IOException {
    sendBuffer(SMALLEST_BUFFER);
    for (int i = 0; i < BEATS; i++) {
      say(new ServerMessage.Heartbeat());
    }
    sendBuffer(USUAL_BUFFER);
  }

  /** Returns only if the client acknowledges what it is told. */
  private void insist() throws IOException {
    var piece = new ServerMessage[DOUBT_BEATS];
    Arrays.fill(piece, new ServerMessage.Heartbeat());
    sendBuffer(DOUBT_BUFFER);
    for (int i = 0; i < DOUBT_PIECES; i++) {
      say(piece);
    }
    sendBuffer(USUAL_BUFFER);
    // All that this thread has said, which nobody else counts.
    lives(said);
  }

  private void sendBuffer(int bytes) throws IOException {
    if (connection.underlying() instanceof SocketConnection socket) {
      socket.sendBuffer(bytes);
    }
  }

  /** At once, in the calling thread; while the writer's own runs nobody else may. */
  void say(ServerMessage... messages) throws IOException {
    var deadline =
        deadlines.after(
            WRITE_LIMIT,
            () -> {
              lost.accept(new SilentPeerException("it takes no messages any more"));
              connection.close();
            });
    try {
      frames.write(messages);
    } finally {
      deadline.cancel();
    }
  }
}
