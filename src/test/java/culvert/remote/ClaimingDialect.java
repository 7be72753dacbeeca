package culvert.remote;

import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.session.Dialect;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A minimal dialect like bore's. A control connection begins with {@code J} and receives the id of
 * each visitor, one byte. A data channel begins with {@code D} and an id, by which it is claimed.
 */
final class ClaimingDialect implements Dialect {

  private final Map<Integer, CompletableFuture<Connection>> pending = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();

  /** Runs once a data channel has named its visitor. */
  volatile Runnable beforeReturn = () -> {};

  /** Runs before a data channel is given to its visitor. */
  volatile Runnable beforeDelivery = () -> {};

  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    var in = new DataInputStream(connection.input());
    if (in.readByte() == 'J') {
      return new Accepted.LoggedIn(new ClaimingSession(connection));
    }
    int id = in.readByte();
    beforeReturn.run();
    return new Accepted.Claimed(() -> {
      beforeDelivery.run();
      var waiting = pending.remove(id);
      if (waiting == null || !waiting.complete(connection)) {
        throw new PeerRefusedException(ByeReason.ERROR, "no visitor waits for this data channel");
      }
    });
  }

  private final class ClaimingSession implements Session {
    private final Connection control;

    ClaimingSession(Connection control) {
      this.control = control;
    }

    @Override
    public InetSocketAddress peer() {
      return control.peer();
    }

    @Override
    public void serve(ServiceRegistry services) throws IOException {
      services.register(this, List.of(Offer.of("default")), false, answer -> {});
      control.output().write("ok".getBytes(StandardCharsets.US_ASCII));
      control.input().read();
    }

    @Override
    public PendingStream open(Visitor visitor) throws IOException {
      int id = ids.incrementAndGet();
      var channel = new CompletableFuture<Connection>();
      pending.put(id, channel);
      control.output().write(id);
      return new Pending(id, channel);
    }

    @Override
    public void close(ByeReason reason, String why) {
      control.close();
    }
  }

  private final class Pending implements PendingStream {
    private final int id;
    private final CompletableFuture<Connection> channel;

    Pending(int id, CompletableFuture<Connection> channel) {
      this.id = id;
      this.channel = channel;
    }

    @Override
    public Optional<Connection> early() {
      return Optional.empty();
    }

    @Override
    public Outcome await(Duration limit) {
      try {
        return new Outcome.Accepted(channel.get(limit.toMillis(), TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        pending.remove(id);
        return new Outcome.TimedOut();
      } catch (InterruptedException | ExecutionException e) {
        return new Outcome.Refused(e.toString());
      }
    }
  }
}
