package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Strangers of every kind who connect to a control address, and come again when thrown out. */
final class UnauthenticatedFlood implements AutoCloseable {

  /** Where they come from, all together. */
  static final int SOURCES = 10;

  private static final Duration PAUSE = Duration.ofMillis(100);

  /** What a stranger does with its connection. */
  private enum Behavior {
    SILENT,
    SLOW,
    HTTP,
    TLS,
    RANDOM,
    REPLAY
  }

  private final HostPort control;
  private final byte[] recorded;
  private final Map<Behavior, AtomicInteger> ends = new EnumMap<>(Behavior.class);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  /**
   * Begins.
   *
   * @param recorded what an origin proxy has said in its handshake, to be said again
   */
  UnauthenticatedFlood(HostPort control, int strangers, byte[] recorded, Random random) {
    this.control = control;
    this.recorded = recorded;
    for (Behavior kind : Behavior.values()) {
      ends.put(kind, new AtomicInteger());
    }
    for (int i = 0; i < strangers; i++) {
      Behavior kind = Behavior.values()[i % Behavior.values().length];
      String source = "127.0.0." + (2 + i % SOURCES);
      var own = new Random(random.nextLong());
      threads.add(Threads.start("stranger", () -> live(kind, source, own)));
    }
  }

  private void live(Behavior kind, String source, Random random) {
    while (!over) {
      try (var stranger = new ScriptedOrigin(control, source)) {
        visit(stranger, kind, random);
      } catch (IOException e) {
        // Thrown out in the middle of a word.
      } catch (InterruptedException e) {
        return;
      }
      ends.get(kind).incrementAndGet();
    }
  }

  private void visit(ScriptedOrigin stranger, Behavior kind, Random random)
      throws IOException, InterruptedException {
    switch (kind) {
      case SILENT -> {}
      case SLOW -> {
        for (byte b : recorded) {
          stranger.say(new byte[] {b});
          Thread.sleep(Duration.ofSeconds(1));
        }
      }
      case HTTP -> stranger.say(ascii("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
      case TLS -> stranger.say(ascii("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc"));
      case RANDOM -> {
        byte[] bytes = new byte[1 + random.nextInt(2000)];
        random.nextBytes(bytes);
        stranger.say(bytes);
      }
      case REPLAY -> stranger.say(recorded);
    }
    stranger.awaitEnd();
    Thread.sleep(PAUSE);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Waits until as many connections of each kind have ended as there are strangers of it. */
  void awaitARound() throws Exception {
    int each = threads.size() / Behavior.values().length;
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(ends.values()).allMatch(count -> count.get() >= each));
  }

  /** How many connections of each kind have ended. */
  @Override
  public String toString() {
    return ends.toString();
  }

  /** An interrupt closes the socket that a virtual thread waits for. */
  @Override
  public void close() {
    over = true;
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(RolePair.LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
