package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One thread that waits for all UDP sockets of a role and delivers what they receive, through one
 * buffer: ten thousand sockets need neither a thread nor a buffer each. The sockets are in
 * non-blocking mode, so that any thread can send without being blocked. The thread starts with the
 * first socket.
 */
public final class DatagramLoop implements AutoCloseable {

  /** Larger than any datagram. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private final String name;
  private final Consumer<Throwable> bugs;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** Guards the start and the end of the thread; the fields below are written with it held. */
  private final ReentrantLock lock = new ReentrantLock();

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
   * Runs a task, which must not block, in the loop's thread. Tasks are not run after {@link
   * #close}.
   *
   * @throws IOException if the loop cannot be started or is closed
   */
  public void execute(Runnable task) throws IOException {
    start();
    tasks.add(task);
    selector.wakeup();
  }

  private void start() throws IOException {
    if (thread != null && !closed) {
      return;
    }
    lock.lock();
    try {
      if (closed) {
        throw new ClosedChannelException();
      }
      if (thread == null) {
        selector = Selector.open();
        // A selector would pin the carrier of a virtual thread.
        thread = Threads.startPlatform(name, this::run);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Delivers the datagrams of a socket from now on. */
  void add(UdpSocket socket, SelectableChannel channel) throws IOException {
    execute(() -> {
      try {
        channel.register(selector, SelectionKey.OP_READ, socket);
      } catch (ClosedChannelException e) {
        // Closed before the loop came to it.
      }
    });
  }

  /** Lets the selector forget a socket that was closed; until then its descriptor stays in use. */
  void forgetClosed() {
    Selector current = selector;
    if (current != null) {
      current.wakeup();
    }
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    while (!closed) {
      try {
        selector.select();
        deliver(selector.selectedKeys(), buffer);
        runTasks();
      } catch (IOException | RuntimeException | Error e) {
        bugs.accept(e);
      }
    }
  }

  private void deliver(Set<SelectionKey> ready, ByteBuffer buffer) {
    for (SelectionKey key : ready) {
      guarded(() -> ((UdpSocket) key.attachment()).receive(buffer));
    }
    ready.clear();
  }

  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      guarded(task);
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
  }
}
