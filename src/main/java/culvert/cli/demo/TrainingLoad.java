package culvert.cli.demo;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Visitors of an echo server behind a tunnel: requests on connections that stay open, new
 * connections, bulk. Each kind runs for a fixed time, so that the training is as long on a slow
 * machine.
 */
final class TrainingLoad implements AutoCloseable {

  private static final int REQUESTING = 64;
  private static final int CONNECTING = 8;
  private static final int BULK = 4;
  private static final Duration REQUESTS = Duration.ofMillis(700);
  private static final Duration CONNECTIONS = Duration.ofMillis(900);
  private static final Duration TRANSFERS = Duration.ofMillis(400);

  private static final int REQUEST_BYTES = 200;
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final int LIMIT_MILLIS = 10_000;

  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(Threads.factory("training visitor"));
  private final HostPort address;

  TrainingLoad(HostPort address) {
    this.address = address;
  }

  /**
   * Runs all kinds in turn.
   *
   * @throws IOException if one answer is missing or differs from its request
   */
  void run() throws IOException {
    concurrently(REQUESTING, () -> exchangeFor(REQUESTS));
    concurrently(CONNECTING, () -> connectFor(CONNECTIONS));
    concurrently(BULK, () -> transferFor(TRANSFERS));
  }

  private void concurrently(int visitors, Callable<Void> visit) throws IOException {
    try {
      for (Future<Void> visitor : executor.invokeAll(Collections.nCopies(visitors, visit))) {
        visitor.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a visitor of the training failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Sends messages on one connection, each once the last has returned. */
  private Void exchangeFor(Duration time) throws IOException {
    byte[] message = message(REQUEST_BYTES);
    long end = System.nanoTime() + time.toNanos();
    try (Socket visitor = connect()) {
      while (System.nanoTime() - end < 0) {
        visitor.getOutputStream().write(message);
        check(message, visitor.getInputStream().readNBytes(REQUEST_BYTES));
      }
    }
    return null;
  }

  /** Opens connections one after the other; each sends one message and closes. */
  private Void connectFor(Duration time) throws IOException {
    byte[] message = message(REQUEST_BYTES);
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      try (Socket visitor = connect()) {
        visitor.getOutputStream().write(message);
        visitor.shutdownOutput();
        check(message, visitor.getInputStream().readAllBytes());
      }
    }
    return null;
  }

  /** Sends as much as the tunnel takes, and receives it at the same time. */
  private Void transferFor(Duration time) throws Exception {
    byte[] chunk = message(CHUNK_BYTES);
    long end = System.nanoTime() + time.toNanos();
    try (Socket visitor = connect()) {
      InputStream echo = visitor.getInputStream();
      Future<Long> received =
          executor.submit(() -> echo.transferTo(OutputStream.nullOutputStream()));
      long sent = 0;
      while (System.nanoTime() - end < 0) {
        visitor.getOutputStream().write(chunk);
        sent += chunk.length;
      }
      visitor.shutdownOutput();
      if (received.get() != sent) {
        throw new IOException("the echo has " + received.get() + " of " + sent + " bytes");
      }
    }
    return null;
  }

  private Socket connect() throws IOException {
    var visitor = new Socket(address.host(), address.port());
    visitor.setSoTimeout(LIMIT_MILLIS);
    return visitor;
  }

  private static byte[] message(int length) {
    byte[] message = new byte[length];
    Arrays.fill(message, (byte) 'x');
    return message;
  }

  private static void check(byte[] sent, byte[] received) throws IOException {
    if (!Arrays.equals(sent, received)) {
      throw new IOException("the echo differs: " + received.length + " of " + sent.length);
    }
  }

  @Override
  public void close() {
    executor.close();
  }
}
