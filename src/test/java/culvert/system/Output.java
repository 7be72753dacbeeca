package culvert.system;

import culvert.testing.Eventually;
import culvert.testing.RolePair;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** The output of a process on one of its streams so far. */
final class Output {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final StringBuilder text = new StringBuilder();
  private int taken;
  private boolean ended;

  Output(InputStream in) {
    // A read of a pipe would block a virtual thread's carrier.
    Thread.ofPlatform().daemon().name("output").start(() -> readAll(in));
  }

  private void readAll(InputStream in) {
    char[] piece = new char[8192];
    try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      for (int n = reader.read(piece); n >= 0; n = reader.read(piece)) {
        add(new String(piece, 0, n), false);
      }
    } catch (IOException e) {
      // The process was killed, which also ends the stream.
    }
    add("", true);
  }

  private void add(String piece, boolean last) {
    lock.lock();
    try {
      text.append(piece);
      ended = last;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next line and returns it. */
  String line() throws IOException {
    lock.lock();
    try {
      long left = RolePair.LIMIT.toNanos();
      while (text.indexOf("\n", taken) < 0) {
        if (ended || left <= 0) {
          throw new IOException(ended ? "the process ended" : "no line within " + RolePair.LIMIT);
        }
        left = changed.awaitNanos(left);
      }
      int end = text.indexOf("\n", taken);
      String line = text.substring(taken, end);
      taken = end + 1;
      return line;
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end of the stream; returns all that {@link #line} has not returned. */
  String rest(int limitSeconds) throws IOException, InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.SECONDS.toNanos(limitSeconds);
      while (!ended) {
        if (left <= 0) {
          throw new IOException("the process did not end");
        }
        left = changed.awaitNanos(left);
      }
      return text.substring(taken);
    } finally {
      lock.unlock();
    }
  }

  /** Returns all output so far. */
  String text() {
    lock.lock();
    try {
      return text.toString();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the lines so far that contain all parts. */
  List<String> lines(String... parts) {
    return text().lines().filter(line -> Stream.of(parts).allMatch(line::contains)).toList();
  }

  /** Waits for a line that contains all parts. */
  void await(String... parts) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (lines(parts).isEmpty()) {
            throw new AssertionError("no line with " + List.of(parts) + " in:\n" + text());
          }
        });
  }
}
