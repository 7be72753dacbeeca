package culvert.system;

import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import culvert.testing.ScriptedOrigin;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Origin proxies, each with its own name, that continuously connect and disconnect. */
final class OriginProxyChurn implements AutoCloseable {

  /** The behaviour of an origin proxy on a connection. */
  enum Kind {
    /** Serves briefly and resets its connection. */
    RESETS,
    /** Serves briefly and closes its connection in order. */
    LEAVES,
    /** Serves and stops reading: only its next login ends the session. */
    STOPS_READING,
    /** Connects and disconnects. */
    DISCONNECTS,
    /** Resets its connection during the handshake. */
    RESETS_IN_HANDSHAKE,
    /** Logs in with a wrong secret. */
    REFUSED
  }

  /** A generated secret: key stretching of a typed one at each login would take too long. */
  private static final String WRONG_SECRET = Secret.generate();

  private static final int SOURCES = 50;
  private static final int MAX_PAUSE_MILLIS = 1000;
  private static final byte[] HALF_A_PREFACE = {'C', 'U', 'L', 'V'};

  private final HostPort control;
  private final String service;
  private final Map<Kind, AtomicInteger> done = new EnumMap<>(Kind.class);
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final ClientThreads threads = new ClientThreads();

  OriginProxyChurn(HostPort control, String service, int origins, Random random) {
    this.control = control;
    this.service = service;
    for (Kind kind : Kind.values()) {
      done.put(kind, new AtomicInteger());
    }
    for (int i = 0; i < origins; i++) {
      var own = new Random(random.nextLong());
      int number = i;
      threads.start("churn", () -> connectRepeatedly(number, own));
    }
  }

  private void connectRepeatedly(int number, Random random) {
    String source = "127.0.1." + (1 + number % SOURCES);
    byte[] instance = Handshake.newInstance();
    ScriptedOrigin stalled = null;
    while (!threads.isStopped()) {
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      // A restarted process evicts its previous session; the same process replaces its own.
      instance = random.nextBoolean() ? Handshake.newInstance() : instance;
      ScriptedOrigin origin = null;
      try {
        origin = new ScriptedOrigin(control, source);
        act(origin, kind, "storm-" + number, instance, random);
        done.get(kind).incrementAndGet();
        if (kind == Kind.STOPS_READING) {
          ScriptedOrigin older = stalled;
          stalled = origin;
          origin = older;
        }
      } catch (IOException e) {
        if (!threads.isStopped()) {
          failures.add(kind + ": " + e);
        }
      } catch (InterruptedException e) {
        break;
      } finally {
        closeQuietly(origin);
      }
    }
    closeQuietly(stalled);
  }

  private void act(ScriptedOrigin origin, Kind kind, String name, byte[] instance, Random random)
      throws IOException, InterruptedException {
    switch (kind) {
      case RESETS -> {
        serve(origin, name, instance, random);
        origin.reset();
      }
      case LEAVES -> serve(origin, name, instance, random);
      case STOPS_READING -> serve(origin, name, instance, random);
      case DISCONNECTS -> pause(random);
      case RESETS_IN_HANDSHAKE -> {
        origin.send(HALF_A_PREFACE);
        pause(random);
        origin.reset();
      }
      case REFUSED -> refused(origin, name, instance, random);
    }
  }

  private void serve(ScriptedOrigin origin, String name, byte[] instance, Random random)
      throws IOException, InterruptedException {
    origin.logInCurrent(name, instance, Launcher.SECRET_TEXT);
    Message answer = origin.share(service);
    if (!(answer instanceof Message.Offered)) {
      throw new IOException(answer.toString());
    }
    pause(random);
  }

  private void refused(ScriptedOrigin origin, String name, byte[] instance, Random random)
      throws IOException, InterruptedException {
    try {
      origin.logIn(name, instance, WRONG_SECRET);
      throw new IOException("accepted with a wrong secret");
    } catch (PeerRefusedException e) {
      if (e.reason() != ByeReason.CREDENTIALS) {
        throw e;
      }
    }
    pause(random);
  }

  private void pause(Random random) throws InterruptedException {
    threads.pause(Duration.ofMillis(random.nextInt(MAX_PAUSE_MILLIS)));
  }

  private static void closeQuietly(ScriptedOrigin origin) {
    try {
      if (origin != null) {
        origin.close();
      }
    } catch (IOException e) {
      // The socket is unusable in either case.
    }
  }

  /** Returns the number of completed connections of each kind. */
  Map<Kind, AtomicInteger> done() {
    return done;
  }

  /** Returns the unexpected outcomes. */
  Queue<String> failures() {
    return failures;
  }

  @Override
  public void close() {
    threads.close();
  }
}
