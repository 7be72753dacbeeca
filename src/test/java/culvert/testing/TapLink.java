package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP relay that records every byte in both directions. */
public final class TapLink implements RelayedLink {

  private static final int PIECE_BYTES = 16 * 1024;

  private final ServerSocket server;
  private final HostPort target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ByteArrayOutputStream up = new ByteArrayOutputStream();
  private final ByteArrayOutputStream down = new ByteArrayOutputStream();

  /** Relays to {@code target}. */
  public TapLink(HostPort target) throws IOException {
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    this.target = target;
    Threads.start("tap", this::accept);
  }

  @Override
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** Returns all bytes sent to the target so far. */
  public byte[] up() {
    return up.toByteArray();
  }

  /** Returns all bytes received from the target so far. */
  public byte[] down() {
    return down.toByteArray();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket(target.host(), target.port());
        sockets.add(near);
        sockets.add(far);
        Threads.start("tap >", () -> carry(near, far, up));
        Threads.start("tap <", () -> carry(far, near, down));
      }
    } catch (IOException e) {
      // The link was closed.
    }
  }

  private static void carry(Socket from, Socket to, ByteArrayOutputStream kept) {
    byte[] piece = new byte[PIECE_BYTES];
    try {
      to.setTcpNoDelay(true);
      for (int n = from.getInputStream().read(piece);
          n >= 0;
          n = from.getInputStream().read(piece)) {
        kept.write(piece, 0, n);
        to.getOutputStream().write(piece, 0, n);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      RelayedLink.closeQuietly(from);
      RelayedLink.closeQuietly(to);
    }
  }

  @Override
  public void close() {
    RelayedLink.closeQuietly(server);
    sockets.forEach(RelayedLink::closeQuietly);
  }
}
