package culvert.remote;

import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.session.Datagrams;
import culvert.session.Dialect;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A dialect like rathole's. A control connection begins with {@code J} and receives {@code M}
 * whenever another data channel is needed. A data channel begins with {@code D} and waits in the
 * service's pool until {@code S} starts it, or {@code U} as a channel for datagrams.
 */
final class PoolingDialect implements Dialect {

  private final BlockingQueue<Connection> pool = new LinkedBlockingQueue<>();
  private final Queue<Connection> channels = new ConcurrentLinkedQueue<>();
  final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();

  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    if (connection.input().read() == 'J') {
      var session = new PoolingSession(connection);
      sessions.add(session);
      return new Accepted.LoggedIn(session);
    }
    return new Accepted.Claimed(() -> {
      channels.add(connection);
      pool.add(connection);
    });
  }

  private Connection start(int command, Duration limit) throws IOException {
    try {
      Connection channel = pool.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (channel != null) {
        channel.output().write(command);
      }
      return channel;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private final class PoolingSession implements Session {
    private final Connection control;

    PoolingSession(Connection control) {
      this.control = control;
    }

    @Override
    public InetSocketAddress peer() {
      return control.peer();
    }

    @Override
    public void serve(ServiceRegistry services) throws IOException {
      try {
        services.register(this, List.of(Offer.of("default")), false, answer -> {});
        control.output().write("ok".getBytes(StandardCharsets.US_ASCII));
        control.input().read();
      } finally {
        end();
      }
    }

    @Override
    public PendingStream open(Visitor visitor) throws IOException {
      control.output().write('M');
      return new Pooled();
    }

    @Override
    public Optional<Datagrams> datagrams(String service) {
      return Optional.of(new ChannelDatagrams());
    }

    @Override
    public void close(ByeReason reason, String why) {
      end();
    }

    private void end() {
      control.close();
      channels.forEach(Connection::close);
    }
  }

  private final class Pooled implements PendingStream {
    @Override
    public Optional<Connection> early() {
      return Optional.empty();
    }

    /** The protocol does not report whether the origin server accepted, only the channel. */
    @Override
    public Outcome await(Duration limit) {
      try {
        Connection channel = start('S', limit);
        return channel == null ? new Outcome.TimedOut() : new Outcome.Accepted(channel);
      } catch (IOException e) {
        return new Outcome.Refused(e.getMessage());
      }
    }
  }

  /** Each datagram is the visitor's port, its length and its bytes. */
  private final class ChannelDatagrams implements Datagrams {
    private Connection channel;

    private Connection channel() throws IOException {
      if (channel == null) {
        channel = start('U', Duration.ofSeconds(30));
      }
      return channel;
    }

    @Override
    public void send(Datagram datagram) throws IOException {
      var out = new DataOutputStream(channel().output());
      out.writeShort(datagram.visitor().getPort());
      out.writeShort(datagram.payload().length);
      out.write(datagram.payload());
    }

    @Override
    public Datagram receive() throws IOException {
      var in = new DataInputStream(channel().input());
      int port = in.readUnsignedShort();
      byte[] payload = in.readNBytes(in.readUnsignedShort());
      return new Datagram(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), payload);
    }
  }
}
