package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One thread that waits for all UDP sockets of a role and delivers what they receive, through one
 * buffer: ten thousand sockets need neither a thread nor a buffer each. The sockets are in
 * non-blocking mode, so that any thread can send without being blocked. The thread starts with the
 * first socket. Tasks and deliveries take turns, so that a flood of new sockets does not stop those
 * that are open.
 */
public final class DatagramLoop implements AutoCloseable {

  /** Larger than any datagram. */
  private static final int BUFFER_BYTES = 64 * 1024;

  /** Tasks that are run before it is the turn of the sockets. */
  static final int MAX_TASKS = 64;

  /** Closed sockets that wait for their release while others are served. */
  static final int MAX_CLOSED = 64;

  private final String name;
  private final Consumer<Throwable> bugs;

  /** Guards the start and the end of the thread, and the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Tasks that were not run yet, the oldest first. */
  private final SequencedSet<Runnable> tasks = new LinkedHashSet<>();

  /** Closed sockets that the selector has not removed. */
  private final List<SelectableChannel> unreleased = new ArrayList<>();

  // Read without the lock:

  private volatile Selector selector;
  private volatile Thread thread;
  private volatile boolean closed;

  /**
   * Creates a loop without a thread yet.
   *
   * @param name name of the thread
   * @param bugs receives unexpected exceptions of handlers and tasks; the loop continues
   */
  public DatagramLoop(String name, Consumer<Throwable> bugs) {
    this.name = name;
    this.bugs = bugs;
  }

  /**
   * Runs a task, which must not block, in the loop's thread: once, however often it is passed
   * before it begins. Tasks are not run after {@link #close}.
   *
   * @throws IOException if the loop cannot be started or is closed
   */
  public void execute(Runnable task) throws IOException {
    lock.lock();
    try {
      start();
      tasks.add(task);
    } finally {
      lock.unlock();
    }
    selector.wakeup();
  }

  private void start() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (thread == null) {
      selector = Selector.open();
      // A selector would pin the carrier of a virtual thread.
      thread = Threads.startPlatform(name, this::run);
    }
  }

  /** Removes a task that has not begun; its caller does not need it any more. */
  public void cancel(Runnable task) {
    lock.lock();
    try {
      tasks.remove(task);
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many tasks have not begun. */
  public int waitingTasks() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }

  /** Delivers the datagrams of a socket from now on. */
  void add(UdpSocket socket, SelectableChannel channel) throws IOException {
    if (thread == Thread.currentThread()) {
      register(socket, channel);
    } else {
      execute(() -> register(socket, channel));
    }
  }

  private void register(UdpSocket socket, SelectableChannel channel) {
    try {
      channel.register(selector, SelectionKey.OP_READ, socket);
    } catch (ClosedChannelException e) {
      // Closed before the loop came to it.
    }
  }

  /**
   * Releases the descriptor and the port of a closed channel. If the loop has its socket, the
   * system keeps both until the selector has removed it, and so long it counts in {@link
   * Descriptors}.
   */
  void release(SelectableChannel channel) {
    lock.lock();
    try {
      if (!channel.isRegistered()) {
        Descriptors.PROCESS.closed();
        return;
      }
      unreleased.add(channel);
    } finally {
      lock.unlock();
    }
    selector.wakeup();
  }

  /** Counts the channels that the selector has removed. */
  private void countReleased() {
    lock.lock();
    try {
      int before = unreleased.size();
      unreleased.removeIf(channel -> !channel.isRegistered());
      for (int left = unreleased.size(); left < before; left++) {
        Descriptors.PROCESS.closed();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    while (!closed) {
      try {
        select();
        deliver(buffer);
        takeTasks().forEach(this::guarded);
      } catch (IOException | RuntimeException | Error e) {
        bugs.accept(e);
      }
    }
  }

  /** Waits for datagrams and tasks; removes closed sockets. */
  private void select() throws IOException {
    boolean hasWork = waitingTasks() > 0 || !selector.selectedKeys().isEmpty();
    if (hasWork) {
      selector.selectNow();
    } else {
      selector.select();
    }
    countReleased();
  }

  private void deliver(ByteBuffer buffer) throws IOException {
    var ready = List.copyOf(selector.selectedKeys());
    selector.selectedKeys().clear();
    for (SelectionKey key : ready) {
      guarded(() -> ((UdpSocket) key.attachment()).receive(buffer));
      if (hasManyUnreleased()) {
        // Sockets that become ready now stay selected until the next delivery.
        selector.selectNow();
        countReleased();
      }
    }
  }

  private boolean hasManyUnreleased() {
    lock.lock();
    try {
      return unreleased.size() >= MAX_CLOSED;
    } finally {
      lock.unlock();
    }
  }

  private List<Runnable> takeTasks() {
    lock.lock();
    try {
      var taken = new ArrayList<Runnable>();
      Iterator<Runnable> oldest = tasks.iterator();
      while (oldest.hasNext() && taken.size() < MAX_TASKS) {
        taken.add(oldest.next());
        oldest.remove();
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      bugs.accept(e);
    }
  }

  /** Ends the thread; the owners of the sockets close them. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      tasks.clear();
      if (thread == null) {
        return;
      }
      selector.wakeup();
    } finally {
      lock.unlock();
    }
    try {
      if (thread != Thread.currentThread()) {
        thread.join();
      }
      selector.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Nothing is left to release.
    }
    countReleased();
  }
}
