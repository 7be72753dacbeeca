package culvert.transport.tls;

import culvert.net.Connection;
import culvert.net.Threads;
import culvert.testing.Loopback;
import culvert.transport.Transport;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Both ends of a transport over loopback. The handshake of the accepting side runs in a thread of
 * its own.
 *
 * @param near the end that dialled
 * @param far the end that accepted
 * @param carriers the connections that carry them
 */
public record TlsPair(Connection near, Connection far, Loopback carriers) implements AutoCloseable {

  private static final int LIMIT_SECONDS = 20;

  /** The result of a handshake: a connection or a failure, the other is null. */
  public record Result(Connection connection, Exception failure) {}

  /** Opens a pair; throws the failure of a handshake that does not succeed. */
  public static TlsPair open(Transport client, Transport server) throws Exception {
    return open(client, server, Loopback.open());
  }

  static TlsPair open(Transport client, Transport server, Loopback carriers) throws Exception {
    var accepting = accept(server, carriers.far());
    Result dialled = attempt(client, carriers.near());
    if (dialled.failure() != null) {
      carriers.close();
      throw dialled.failure();
    }
    Result accepted = accepting.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (accepted.failure() != null) {
      carriers.close();
      throw accepted.failure();
    }
    return new TlsPair(dialled.connection(), accepted.connection(), carriers);
  }

  /** Starts the accepting side's handshake. */
  static FutureTask<Result> accept(Transport server, Connection carrier) {
    var task = new FutureTask<>(() -> attempt(server, carrier));
    Threads.start("accepting", task);
    return task;
  }

  public static Result attempt(Transport transport, Connection carrier) {
    try {
      return new Result(transport.wrap(carrier), null);
    } catch (Exception e) {
      return new Result(null, e);
    }
  }

  /**
   * A handshake that fails on at least one side.
   *
   * @param client failure of the dialling side, its first read included; null if none
   * @param server failure of the accepting side; null if none
   */
  public record Failed(Exception client, Exception server) {

    public static Failed of(Transport client, Transport server)
        throws InterruptedException, ExecutionException, java.io.IOException {
      try (var carriers = Loopback.open()) {
        var accepting = accept(server, carriers.far());
        var accepted = new FutureTask<>(() -> closing(accepting.get(), carriers));
        Threads.start("closing", accepted);
        Result dialled = attempt(client, carriers.near());
        Exception failure = dialled.failure();
        if (failure == null) {
          failure = firstRead(dialled.connection());
        }
        carriers.near().close();
        return new Failed(failure, accepted.get().failure());
      }
    }

    /** Ends a failed handshake as a server does: the peer reads the alert before the end. */
    private static Result closing(Result accepted, Loopback carriers) throws java.io.IOException {
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
