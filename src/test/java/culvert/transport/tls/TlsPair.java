package culvert.transport.tls;

import culvert.net.Connection;
import culvert.net.Threads;
import culvert.testing.Loopback;
import culvert.transport.Transport;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Both ends of a transport over loopback; the handshake of the accepting side runs in a thread of
 * its own.
 *
 * @param near the end that dialled
 * @param far the end that accepted
 * @param carriers below them
 */
public record TlsPair(Connection near, Connection far, Loopback carriers) implements AutoCloseable {

  private static final int LIMIT_SECONDS = 20;

  /** What a handshake came to. */
  public record Tried(Connection connection, Exception failure) {}

  /** A pair whose handshake must succeed. */
  public static TlsPair open(Transport client, Transport server) throws Exception {
    return open(client, server, Loopback.open());
  }

  static TlsPair open(Transport client, Transport server, Loopback carriers) throws Exception {
    var accepting = accept(server, carriers.far());
    Tried dialled = attempt(client, carriers.near());
    if (dialled.failure() != null) {
      carriers.close();
      throw dialled.failure();
    }
    Tried accepted = accepting.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (accepted.failure() != null) {
      carriers.close();
      throw accepted.failure();
    }
    return new TlsPair(dialled.connection(), accepted.connection(), carriers);
  }

  /** The accepting side's handshake, under way. */
  static FutureTask<Tried> accept(Transport server, Connection carrier) {
    var task = new FutureTask<>(() -> attempt(server, carrier));
    Threads.start("accepting", task);
    return task;
  }

  public static Tried attempt(Transport transport, Connection carrier) {
    try {
      return new Tried(transport.wrap(carrier), null);
    } catch (Exception e) {
      return new Tried(null, e);
    }
  }

  /**
   * A handshake that fails on one side at least.
   *
   * @param client what the dialling side came to, its first read included
   * @param server what the accepting side came to
   */
  public record Failed(Exception client, Exception server) {

    public static Failed of(Transport client, Transport server)
        throws InterruptedException, ExecutionException, java.io.IOException {
      try (var carriers = Loopback.open()) {
        var accepting = accept(server, carriers.far());
        var accepted = new FutureTask<>(() -> closing(accepting.get(), carriers));
        Threads.start("closing", accepted);
        Tried dialled = attempt(client, carriers.near());
        Exception failure = dialled.failure();
        if (failure == null) {
          failure = firstRead(dialled.connection());
        }
        carriers.near().close();
        return new Failed(failure, accepted.get().failure());
      }
    }

    /** As whoever accepts ends a failed handshake: last words are read before the end. */
    private static Tried closing(Tried accepted, Loopback carriers) throws java.io.IOException {
      carriers.far().closeOutput();
      return accepted;
    }

    private static Exception firstRead(Connection connection) {
      try {
        connection.input().read();
        return null;
      } catch (Exception e) {
        return e;
      }
    }
  }

  @Override
  public void close() {
    near.close();
    far.close();
  }
}
