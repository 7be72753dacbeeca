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
 * Writes the messages of a client's control connection from a queue, in one thread, and detects a
 * dead client although clients never answer.
 *
 * <p>TCP keep-alive detects a dead peer by probes, but the system sends them only while all data
 * sent is acknowledged. Therefore heartbeats are rare, with enough time between two for keep-alive
 * to probe. If data may have been unacknowledged when the client died, the writer sends more than
 * the system buffers without acknowledgement, which turns "not acknowledged" into a write that does
 * not complete.
 */
final class ControlWriter {

  private static final Duration HEARTBEAT_PERIOD = Duration.ofSeconds(10);

  /**
   * Keep-alive would not probe a client that dies shortly before a heartbeat. Therefore each
   * heartbeat is sent as a burst that a small send buffer cannot hold: six fill Linux's smallest
   * buffer. This is still less than bore sends in that time.
   */
  private static final int HEARTBEATS_PER_BURST = 16;

  private static final int MIN_SEND_BUFFER = 1;
  private static final int SEND_BUFFER = 128 * 1024;

  /**
   * A client that claims no visitor for this long after an announcement may be dead, and the
   * announcement itself then prevents keep-alive probes. The check runs at the same interval, so up
   * to twice this time may pass.
   */
  private static final Duration UNCLAIMED_LIMIT = Duration.ofSeconds(2);

  /**
   * Number of writes in a probe, more than the system accepts for a dead client: while data is
   * unacknowledged, Linux merges small messages into one segment of up to 64 KiB, whatever the send
   * buffer. A live client receives it soon, even if it is distant.
   */
  private static final int PROBE_WRITES = 100;

  private static final int PROBE_HEARTBEATS = 64;
  private static final int PROBE_BUFFER = 16 * 1024;

  /** Time limit for a write; a client that accepts no data for this long is considered dead. */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  /** Time for the client to close after an Error. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /** Maximum number of messages queued for a slow client. */
  private static final int MAX_QUEUED = 2 * PendingVisitors.MAX_OF_SESSION;

  private final Connection connection;
  private final JsonFrames frames;
  private final Deadlines deadlines;
  private final Consumer<IOException> onFailure;
  private final BlockingQueue<ServerMessage> queue = new LinkedBlockingQueue<>(MAX_QUEUED);

  private final ReentrantLock lock = new ReentrantLock();

  /** Number of visitors announced; guarded by the lock, as are the fields below. */
  private long announced;

  /** Number of announcements that were written. */
  private long sent;

  /** Number of announcements that the client has certainly received; messages arrive in order. */
  private long confirmed;

  /** Since when an announcement has been unconfirmed. */
  private long unclaimedSinceNanos;

  private long lastConfirmedNanos = System.nanoTime();

  /** Whether a probe was requested. */
  private boolean probeRequested;

  private Thread thread;

  /**
   * Creates a writer whose thread is not started.
   *
   * @param onFailure receives the reason why the client is unreachable; must not block
   */
  ControlWriter(
      Connection connection,
      JsonFrames frames,
      Deadlines deadlines,
      Consumer<IOException> onFailure) {
    this.connection = connection;
    this.frames = frames;
    this.deadlines = deadlines;
    this.onFailure = onFailure;
  }

  /** Starts the thread, with this name. */
  void start(String name) {
    thread = Threads.start(name, this::write);
  }

  /** Ends the thread and blocks until it has ended; the connection must be closed already. */
  void stop() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Queues one of the first messages; after an Error the output is closed. Does not block. */
  void enqueue(ServerMessage message) {
    queue.add(message);
  }

  /** Queues a message as {@link #enqueue} does; returns false if the queue is full. */
  boolean tryEnqueue(ServerMessage message) {
    return queue.offer(message);
  }

  /** Queues the announcement of a visitor; does not block. Returns false if the queue is full. */
  boolean announce(PendingVisitor visitor) {
    lock.lock();
    try {
      if (!queue.offer(new ServerMessage.Connection(visitor.id()))) {
        return false;
      }
      visitor.setAnnouncement(++announced);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void countAnnouncement() {
    lock.lock();
    try {
      if (sent == confirmed) {
        unclaimedSinceNanos = System.nanoTime();
      }
      sent++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that the client opened the data channel of this visitor, so that it has received the
   * visitor's announcement and all earlier ones; later ones may be on the way.
   */
  void confirm(PendingVisitor visitor) {
    lock.lock();
    try {
      confirm(visitor.announcement());
    } finally {
      lock.unlock();
    }
  }

  private void confirm(long announcement) {
    lock.lock();
    try {
      confirmed = Math.max(confirmed, announcement);
      unclaimedSinceNanos = System.nanoTime();
      lastConfirmedNanos = unclaimedSinceNanos;
      probeRequested = false;
    } finally {
      lock.unlock();
    }
  }

  /** Requests a probe soon, unless the client was confirmed within a heartbeat period. */
  void requestProbe() {
    lock.lock();
    try {
      probeRequested = System.nanoTime() - lastConfirmedNanos > HEARTBEAT_PERIOD.toNanos();
    } finally {
      lock.unlock();
    }
  }

  private boolean isProbeDue() {
    lock.lock();
    try {
      return probeRequested
          || sent > confirmed
              && System.nanoTime() - unclaimedSinceNanos >= UNCLAIMED_LIMIT.toNanos();
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      for (long due = System.nanoTime() + HEARTBEAT_PERIOD.toNanos(); ; ) {
        long wait = Math.min(due - System.nanoTime(), UNCLAIMED_LIMIT.toNanos());
        ServerMessage next = queue.poll(wait, TimeUnit.NANOSECONDS);
        if (next instanceof ServerMessage.Connection) {
          countAnnouncement();
        }
        if (next != null) {
          send(next);
        }
        if (next instanceof ServerMessage.Error) {
          connection.closeOutput();
          deadlines.after(CLOSE_LIMIT, connection::close);
          return;
        }
        if (isProbeDue()) {
          probe();
        }
        // Checked here, so that heartbeats are sent even while visitors keep coming.
        if (System.nanoTime() - due >= 0) {
          sendHeartbeats();
          due = System.nanoTime() + HEARTBEAT_PERIOD.toNanos();
        }
      }
    } catch (IOException e) {
      onFailure.accept(e);
    } catch (InterruptedException e) {
      // The session has ended.
    }
  }

  private void sendHeartbeats() throws IOException {
    sendBuffer(MIN_SEND_BUFFER);
    for (int i = 0; i < HEARTBEATS_PER_BURST; i++) {
      send(new ServerMessage.Heartbeat());
    }
    sendBuffer(SEND_BUFFER);
  }

  /** Sends a probe; returns only if the client acknowledges it. */
  private void probe() throws IOException {
    var piece = new ServerMessage[PROBE_HEARTBEATS];
    Arrays.fill(piece, new ServerMessage.Heartbeat());
    sendBuffer(PROBE_BUFFER);
    for (int i = 0; i < PROBE_WRITES; i++) {
      send(piece);
    }
    sendBuffer(SEND_BUFFER);
    // Only this thread changes the count, so it is read here without the lock.
    confirm(sent);
  }

  private void sendBuffer(int bytes) throws IOException {
    if (connection.underlying() instanceof SocketConnection socket) {
      socket.sendBuffer(bytes);
    }
  }

  /**
   * Sends immediately, in the calling thread; must not be called by another thread while the writer
   * thread runs.
   */
  void send(ServerMessage... messages) throws IOException {
    var deadline =
        deadlines.after(
            WRITE_LIMIT,
            () -> {
              onFailure.accept(new SilentPeerException("the client accepts no messages any more"));
              connection.close();
            });
    try {
      frames.write(messages);
    } finally {
      deadline.cancel();
    }
  }
}
