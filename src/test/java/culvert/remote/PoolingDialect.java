package culvert.remote;

import culvert.config.ServiceType;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Flow;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.session.Datagrams;
import culvert.session.Dialect;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A dialect like rathole's. A control connection begins with {@code J} and receives {@code M}
 * whenever another data channel is needed. A data channel begins with {@code D} and waits in the
 * service's pool until {@code S} starts it, or {@code U} as a channel for datagrams.
 */
final class PoolingDialect implements Dialect {

  private final ServiceType type;
  private final BlockingQueue<Connection> pool = new LinkedBlockingQueue<>();
  private final Queue<Connection> channels = new ConcurrentLinkedQueue<>();
  final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();

  /** Creates a dialect whose sessions offer the default service with this type. */
  PoolingDialect(ServiceType type) {
    this.type = type;
  }

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
    private final Datagrams datagrams = new ChannelDatagrams();

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
        services.register(this, List.of(Offer.of("default", type)), false, answer -> {});
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
      return Optional.of(datagrams);
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
    private final Map<Integer, Flow.Receiver> receivers = new ConcurrentHashMap<>();
    private Connection channel;

    private Connection channel() throws IOException {
      if (channel == null) {
        channel = start('U', Duration.ofSeconds(30));
        Threads.start("datagrams", this::receive);
      }
      return channel;
    }

    @Override
    public Flow open(Visitor visitor, Flow.Receiver receiver) throws IOException {
      Connection all = channel();
      int port = visitor.address().getPort();
      receivers.put(port, receiver);
      return new Flow() {
        @Override
        public int send(ByteBuffer datagram) {
          ByteBuffer message = ByteBuffer.allocate(4 + datagram.remaining());
          message.putShort((short) port).putShort((short) datagram.remaining()).put(datagram);
          try {
            all.output().write(message.flip());
          } catch (IOException e) {
            receiver.ended(CloseCause.LINK_LOST);
          }
          return 0;
        }

        @Override
        public void close(CloseCause cause) {
          receivers.remove(port);
        }
      };
    }

    private void receive() {
      var in = new DataInputStream(channel.input());
      try {
        while (true) {
          Flow.Receiver receiver = receivers.get(in.readUnsignedShort());
          receiver.received(ByteBuffer.wrap(in.readNBytes(in.readUnsignedShort())));
        }
      } catch (IOException e) {
        receivers.values().forEach(receiver -> receiver.ended(CloseCause.LINK_LOST));
      }
    }
  }
}
