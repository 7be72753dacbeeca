package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP relay whose connections can be reset or silenced, as when a cable is unplugged: a silenced
 * connection accepts bytes and discards them.
 */
public final class FaultyLink implements RelayedLink {

  private static final int PIECE_BYTES = 16 * 1024;

  private final ServerSocket server;
  private final HostPort target;
  private final int pieceBytes;
  private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();

  /** Relays to {@code target}, without faults at first. */
  public FaultyLink(HostPort target) throws IOException {
    this(target, PIECE_BYTES);
  }

  /** Relays to {@code target} in pieces of at most this size. */
  public FaultyLink(HostPort target, int pieceBytes) throws IOException {
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    this.target = target;
    this.pieceBytes = pieceBytes;
    Threads.start("faulty link", this::accept);
  }

  @Override
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** Silences all current connections permanently; later connections are not affected. */
  public void silence() {
    pairs.forEach(pair -> pair.silent = true);
  }

  /** Resets every current connection at both ends. */
  public void breakAll() {
    pairs.forEach(Pair::reset);
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        try {
          new Pair(near, new Socket(target.host(), target.port())).start();
        } catch (IOException e) {
          // Nothing listens at the target now: close the caller's connection too.
          near.close();
        }
      }
    } catch (IOException e) {
      // The link was closed.
    }
  }

  private final class Pair {
    private final Socket near;
    private final Socket far;
    private volatile boolean silent;

    Pair(Socket near, Socket far) {
      this.near = near;
      this.far = far;
    }

    void start() {
      pairs.add(this);
      Threads.start("faulty link >", () -> carry(near, far));
      Threads.start("faulty link <", () -> carry(far, near));
    }

    private void carry(Socket from, Socket to) {
      try {
        InputStream in = from.getInputStream();
        // A network does not delay the end of a record; Nagle's algorithm would do so here.
        to.setTcpNoDelay(true);
        OutputStream out = to.getOutputStream();
        byte[] piece = new byte[pieceBytes];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
          if (!silent) {
            out.write(piece, 0, n);
          }
        }
        if (!silent) {
          to.shutdownOutput();
        }
      } catch (IOException e) {
        if (!silent) {
          reset();
        }
      }
      if (from.isClosed() || near.isOutputShutdown() && far.isOutputShutdown()) {
        close();
      }
    }

    void reset() {
      try {
        near.setSoLinger(true, 0);
        far.setSoLinger(true, 0);
      } catch (IOException e) {
        // Closed already.
      }
      close();
    }

    void close() {
      pairs.remove(this);
      RelayedLink.closeQuietly(near);
      RelayedLink.closeQuietly(far);
    }
  }

  @Override
  public void close() {
    RelayedLink.closeQuietly(server);
    pairs.forEach(Pair::close);
  }
}
