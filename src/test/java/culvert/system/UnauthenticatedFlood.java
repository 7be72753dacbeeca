package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Unauthenticated clients of every kind that reconnect to a control address when closed. */
final class UnauthenticatedFlood implements AutoCloseable {

  /** The number of source addresses of all clients. */
  static final int SOURCES = 10;

  private static final Duration PAUSE = Duration.ofMillis(100);

  /** The behaviour of a client on its connection. */
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
  private final ClientThreads threads = new ClientThreads();

  /**
   * Starts the clients.
   *
   * @param recorded the bytes of an origin proxy's handshake, to be replayed
   */
  UnauthenticatedFlood(HostPort control, int clients, byte[] recorded, Random random) {
    this.control = control;
    this.recorded = recorded;
    for (Behavior kind : Behavior.values()) {
      ends.put(kind, new AtomicInteger());
    }
    for (int i = 0; i < clients; i++) {
      Behavior kind = Behavior.values()[i % Behavior.values().length];
      String source = "127.0.0." + (2 + i % SOURCES);
      var own = new Random(random.nextLong());
      threads.start("client", () -> connectRepeatedly(kind, source, own));
    }
  }

  private void connectRepeatedly(Behavior kind, String source, Random random) {
    while (!threads.isStopped()) {
      try (var client = new ScriptedOrigin(control, source)) {
        visit(client, kind, random);
      } catch (IOException e) {
        // The remote proxy has closed the connection during a write.
      } catch (InterruptedException e) {
        return;
      }
      ends.get(kind).incrementAndGet();
    }
  }

  private void visit(ScriptedOrigin client, Behavior kind, Random random)
      throws IOException, InterruptedException {
    switch (kind) {
      case SILENT -> {}
      case SLOW -> {
        for (byte b : recorded) {
          client.send(new byte[] {b});
          threads.pause(Duration.ofSeconds(1));
        }
      }
      case HTTP -> client.send(ascii("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
      case TLS -> client.send(ascii("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc"));
      case RANDOM -> {
        byte[] bytes = new byte[1 + random.nextInt(2000)];
        random.nextBytes(bytes);
        client.send(bytes);
      }
      case REPLAY -> client.send(recorded);
    }
    client.awaitEnd();
    threads.pause(PAUSE);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Waits until as many connections of each kind have ended as it has clients. */
  void awaitARound() throws Exception {
    int each = threads.count() / Behavior.values().length;
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(ends.values()).allMatch(count -> count.get() >= each));
  }

  /** Returns the number of closed connections of each kind. */
  @Override
  public String toString() {
    return ends.toString();
  }

  @Override
  public void close() {
    threads.close();
  }
}
