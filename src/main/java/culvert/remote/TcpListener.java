package culvert.remote;

import culvert.net.HostPort;
import culvert.net.Listener;

/** A bound listener of TCP. */
@FunctionalInterface
interface TcpListener extends BoundListener {

  /** Returns the listener that this one starts and closes. */
  Listener listener();

  @Override
  default HostPort address() {
    return HostPort.of(listener().address());
  }

  @Override
  default void start() {
    listener().start();
  }

  @Override
  default void close() {
    listener().close();
  }
}
