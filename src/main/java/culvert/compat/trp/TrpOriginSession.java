package culvert.compat.trp;

import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.session.DataChannels;
import culvert.session.EndedException;
import culvert.session.OriginSession;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The origin side's control connection, on which it never says anything. */
final class TrpOriginSession implements OriginSession {

  private final Connection control;
  private final DataChannels.OfSession channels;
  private volatile boolean draining;
  private volatile boolean closed;

  TrpOriginSession(Connection control, DataChannels.OfSession channels) {
    this.control = control;
    this.channels = channels;
  }

  /** Where visitors come in is not told. */
  @Override
  public void serve(List<String> services, Listener listener) throws IOException {
    listener.taken(services.getFirst(), List.of());
    try {
      hear(services.getFirst(), listener);
    } catch (IOException e) {
      if (!draining && !closed) {
        throw e;
      }
    } finally {
      control.close();
      if (draining) {
        channels.await();
      }
      channels.end();
    }
  }

  private void hear(String service, Listener listener) throws IOException {
    var lines = new Lines(control.input());
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      var visitor = new Visitor(service, Lines.address(line.get()), control.peer());
      String name = HostPort.of(visitor.address()).toString();
      channels.open(name, visitor, fresh -> fresh, listener);
    }
    throw new EndedException("the remote proxy closed the connection");
  }

  /** The wire has no word for it; data connections that stand live on. */
  @Override
  public void drain() {
    draining = true;
    control.close();
  }

  @Override
  public void close() {
    closed = true;
    control.close();
    channels.end();
  }
}
