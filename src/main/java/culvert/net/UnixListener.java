package culvert.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Listens for connections at a Unix socket, whose file exists as long as the listener is open. */
public final class UnixListener implements AutoCloseable {

  /** Maximum length in bytes of the path of the folder in which a socket can be bound. */
  public static final int MAX_FOLDER_BYTES = UnixSocketFile.MAX_FOLDER_BYTES;

  private final UnixPath path;
  private final UnixSocketFile file;
  private final Acceptor<Connection> acceptor;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  private UnixListener(
      UnixPath path,
      UnixSocketFile file,
      String role,
      BufferPool pool,
      Listener.Handler<? super Connection> handler) {
    this.path = path;
    this.file = file;
    this.acceptor =
        new Acceptor<>(List.of(file.socket()), path, role, pool, UnixConnection::new, handler);
  }

  /** Returns whether the folder of a path is short enough. */
  public static boolean canBind(UnixPath path) {
    Path folder = path.file().getParent();
    return folder == null
        || folder.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_FOLDER_BYTES;
  }

  /**
   * Binds the socket. Connections queue from now on; {@link #start} begins to accept them. A socket
   * at which no process listens is replaced.
   *
   * @param mode of the file, from its creation on
   * @param role name of accepted connections in thread names
   * @throws IOException naming the path, if it cannot be bound; nothing was changed then
   */
  public static UnixListener bind(
      UnixPath where,
      SocketMode mode,
      String role,
      BufferPool pool,
      Listener.Handler<? super Connection> handler)
      throws IOException {
    return new UnixListener(where, UnixSocketFile.bind(where, mode), role, pool, handler);
  }

  /** Returns the path that was bound. */
  public UnixPath path() {
    return path;
  }

  /** Starts to accept. */
  public void start() {
    acceptor.start();
  }

  /** Removes the file, and stops accepting; accepted connections stay open. */
  @Override
  public void close() {
    if (isClosed.compareAndSet(false, true)) {
      file.remove();
      acceptor.close();
    }
  }
}
