package culvert.remote;

import culvert.net.UnixListener;
import culvert.net.UnixPath;

/**
 * A bound listener at a Unix socket.
 *
 * @param listener is started and closed by this one
 */
record SocketListener(UnixListener listener) implements BoundListener {

  @Override
  public UnixPath address() {
    return listener.path();
  }

  @Override
  public void start() {
    listener.start();
  }

  @Override
  public void close() {
    listener.close();
  }
}
