package culvert.transport.websocket;

import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.PeerNames;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.RandomBytes;
import culvert.transport.Transport;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Two ends of one WebSocket.
 *
 * @param near the client
 * @param far the server
 * @param carrier below the client
 */
record WebSocketPair(Connection near, Connection far, Connection carrier) implements AutoCloseable {

  static final BufferPool POOL = new BufferPool();

  /** Over loopback. */
  static WebSocketPair open() throws Exception {
    return open(Loopback.open());
  }

  /** Over this loopback. */
  static WebSocketPair open(Loopback carriers) throws Exception {
    return open(WebSocketBehavior.NATIVE, carriers.near(), carriers.far());
  }

  /** Over a pipe. */
  static WebSocketPair open(MemoryPipe pipe) throws Exception {
    return open(WebSocketBehavior.NATIVE, pipe.near(), pipe.far());
  }

  static WebSocketPair open(WebSocketBehavior behavior, Connection near, Connection far)
      throws Exception {
    var accepting = new FutureTask<>(() -> server(behavior).wrap(far));
    Threads.start("accepting", accepting);
    Connection client = client(behavior).wrap(near);
    return new WebSocketPair(client, accepting.get(20, TimeUnit.SECONDS), near);
  }

  static Transport client(WebSocketBehavior behavior) {
    return new WebSocketClient(
        WebSocketSettings.DEFAULT,
        new HostPort("example.com", 80),
        PeerNames.REMOTE_PROXY,
        false,
        behavior,
        POOL);
  }

  static Transport server(WebSocketBehavior behavior) {
    return new WebSocketServer(WebSocketSettings.DEFAULT, PeerNames.ORIGIN_PROXY, behavior, POOL);
  }

  /** Sends random bytes and the end in a new thread; returns their sum. */
  static FutureTask<Long> sending(Connection connection, long seed, long bytes) {
    var task =
        new FutureTask<>(() -> {
          long sum = new RandomBytes(seed).send(connection.output(), bytes).sum();
          connection.closeOutput();
          return sum;
        });
    Threads.start("sending", task);
    return task;
  }

  @Override
  public void close() {
    near.close();
    far.close();
  }
}
