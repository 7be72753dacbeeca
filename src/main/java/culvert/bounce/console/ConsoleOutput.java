package culvert.bounce.console;

import culvert.net.Threads;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a session of the console writes: the prompt, answers, and in between what is told of
 * members. The latter waits in a bounded queue for a thread of its own, so that a console that does
 * not read keeps nobody waiting; what does not fit is counted, and the count told.
 */
final class ConsoleOutput implements AutoCloseable {

  /** Letters of what waits to be told. */
  private static final int MAX_WAITING = 1024 * 1024;

  private static final String PROMPT = "> ";

  private final OutputStream out;

  /** Serialises what is written, and guards {@link #prompting}. */
  private final ReentrantLock writing = new ReentrantLock();

  private boolean prompting;

  /** Guards what is below; no I/O happens under it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final ArrayDeque<String> waiting = new ArrayDeque<>();
  private int waitingLetters;
  private long dropped;
  private boolean closed;

  ConsoleOutput(OutputStream out) {
    this.out = out;
    Threads.start("console output", this::writeWaiting);
  }

  /** Asks for a command. */
  void prompt() throws IOException {
    writing.lock();
    try {
      prompting = true;
      write(PROMPT);
    } finally {
      writing.unlock();
    }
  }

  /** Says something in answer to a command: a line or several, or nothing at all. */
  void answer(String text) throws IOException {
    writing.lock();
    try {
      // Whoever typed the command has ended the prompt's line.
      prompting = false;
      if (!text.isEmpty()) {
        write(text + "\n");
      }
    } finally {
      writing.unlock();
    }
  }

  /** Tells of something when it can; never waits. */
  void enqueue(String text) {
    lock.lock();
    try {
      if (!waiting.isEmpty() && waitingLetters + text.length() > MAX_WAITING) {
        dropped += text.lines().count();
        return;
      }
      waiting.add(text);
      waitingLetters += text.length();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void writeWaiting() {
    try {
      for (String text = next(); text != null; text = next()) {
        writing.lock();
        try {
          // Not on the line where somebody types, and the prompt again below.
          write(prompting ? "\n" + text + PROMPT : text);
        } finally {
          writing.unlock();
        }
      }
    } catch (IOException | InterruptedException e) {
      // Whoever reads commands from the same end finds out, too.
    }
  }

  /** Waits for what is to be told, all of it that there is; nothing once this is closed. */
  private String next() throws InterruptedException {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        changed.await();
      }
      if (closed) {
        return null;
      }
      String lines = String.join("\n", waiting) + "\n";
      waiting.clear();
      waitingLetters = 0;
      if (dropped > 0) {
        lines += "(" + dropped + " lines were dropped: this console takes them too slowly)\n";
        dropped = 0;
      }
      return lines;
    } finally {
      lock.unlock();
    }
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** Tells nothing any more. Who closes the stream behind this ends a write that is under way. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
