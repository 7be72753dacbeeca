package culvert.bounce.console;

import culvert.net.Threads;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Output of a console session: the prompt, answers, and member events in between. Events wait in a
 * bounded queue for a writer thread, so that a console that does not read cannot block a member.
 * Events that do not fit are dropped, and their lines are counted; the count is written after the
 * queue.
 */
final class ConsoleOutput implements AutoCloseable {

  /** Maximum size of the queue, in chars; a single event may exceed it. */
  private static final int MAX_QUEUED_CHARS = 1024 * 1024;

  private static final String PROMPT = "> ";

  private final OutputStream out;

  /** Serialises writes and guards {@link #isPrompting}. */
  private final ReentrantLock writeLock = new ReentrantLock();

  private boolean isPrompting;

  /** Guards the fields below; never held during I/O. */
  private final ReentrantLock queueLock = new ReentrantLock();

  private final Condition queueChanged = queueLock.newCondition();
  private final ArrayDeque<String> queue = new ArrayDeque<>();
  private int queuedChars;
  private long dropped;
  private boolean closed;

  ConsoleOutput(OutputStream out) {
    this.out = out;
    Threads.start("console output", this::writeQueue);
  }

  /** Writes the prompt. */
  void prompt() throws IOException {
    writeLock.lock();
    try {
      isPrompting = true;
      write(PROMPT);
    } finally {
      writeLock.unlock();
    }
  }

  /**
   * Writes the answer to a command.
   *
   * @param text one or more lines, or empty
   */
  void answer(String text) throws IOException {
    writeLock.lock();
    try {
      // The operator ended the prompt's line with the command.
      isPrompting = false;
      if (!text.isEmpty()) {
        write(text + "\n");
      }
    } finally {
      writeLock.unlock();
    }
  }

  /** Queues text about a member event; never blocks. */
  void enqueue(String text) {
    queueLock.lock();
    try {
      if (!queue.isEmpty() && queuedChars + text.length() > MAX_QUEUED_CHARS) {
        dropped += text.lines().count();
        return;
      }
      queue.add(text);
      queuedChars += text.length();
      queueChanged.signal();
    } finally {
      queueLock.unlock();
    }
  }

  private void writeQueue() {
    try {
      for (String text = awaitText(); text != null; text = awaitText()) {
        writeLock.lock();
        try {
          // Text starts on a new line below the prompt, and the prompt is repeated after it.
          write(isPrompting ? "\n" + text + PROMPT : text);
        } finally {
          writeLock.unlock();
        }
      }
    } catch (IOException | InterruptedException e) {
      // The thread that reads commands gets an error or the end from the same client.
    }
  }

  /** Waits for queued text and returns all of it; returns null once this is closed. */
  private String awaitText() throws InterruptedException {
    queueLock.lock();
    try {
      while (queue.isEmpty() && !closed) {
        queueChanged.await();
      }
      if (closed) {
        return null;
      }
      String lines = String.join("\n", queue) + "\n";
      queue.clear();
      queuedChars = 0;
      if (dropped > 0) {
        lines += "(" + dropped + " lines dropped: this console reads too slowly)\n";
        dropped = 0;
      }
      return lines;
    } finally {
      queueLock.unlock();
    }
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** Stops the writer thread. A write in progress ends when the caller closes the stream. */
  @Override
  public void close() {
    queueLock.lock();
    try {
      closed = true;
      queueChanged.signal();
    } finally {
      queueLock.unlock();
    }
  }
}
