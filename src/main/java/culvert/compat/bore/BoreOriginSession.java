package culvert.compat.bore;

import culvert.mux.SilentPeerException;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.observe.LimitedLog;
import culvert.session.DataChannels;
import culvert.session.EndedException;
import culvert.session.OriginSession;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * A client's control connection. Nothing is ever written to it any more: bore's server would not
 * read it. The server's heartbeats are what tells a silent server from a dead one.
 */
final class BoreOriginSession implements OriginSession {

  private final Connection control;
  private final Frames frames;
  private final ServerTalk talk;
  private final HostPort address;
  private final DataChannels.OfSession channels;
  private final Duration silence;
  private final Deadlines deadlines;
  private final LimitedLog<String> log;
  private volatile long heardNanos = System.nanoTime();
  private volatile boolean silent;
  private volatile boolean draining;
  private volatile boolean closed;

  /**
   * A session that has its port.
   *
   * @param address where visitors come in
   * @param silence a server that says nothing for so long is gone
   */
  BoreOriginSession(
      Connection control,
      Frames frames,
      ServerTalk talk,
      HostPort address,
      DataChannels.OfSession channels,
      Duration silence,
      Deadlines deadlines,
      LimitedLog<String> log) {
    this.control = control;
    this.frames = frames;
    this.talk = talk;
    this.address = address;
    this.channels = channels;
    this.silence = silence;
    this.deadlines = deadlines;
    this.log = log;
  }

  @Override
  public void serve(List<String> services, Listener listener) throws IOException {
    listener.taken(services.getFirst(), List.of(address));
    var watch = deadlines.every(silence.dividedBy(4), this::checkSilence);
    try {
      hear(services.getFirst(), listener);
    } catch (IOException e) {
      if (silent) {
        throw new SilentPeerException("the server was silent for " + Durations.of(silence));
      }
      if (!draining && !closed) {
        throw e;
      }
    } finally {
      watch.cancel();
      control.close();
      if (draining) {
        channels.await();
      }
      channels.end();
    }
  }

  private void hear(String service, Listener listener) throws IOException {
    for (; ; ) {
      ServerMessage message =
          frames
              .ofServer()
              .orElseThrow(() -> new EndedException("the server closed the connection"));
      heardNanos = System.nanoTime();
      switch (message) {
        case ServerMessage.Heartbeat heartbeat -> {}
        case ServerMessage.Connection(UUID id) -> fetch(id, service, listener);
        case ServerMessage.Error(String text) ->
            log.warn("error", "server error", "server", address, "cause", text);
        case ServerMessage.Hello hello -> unexpected("hello");
        case ServerMessage.Challenge challenge -> unexpected("challenge");
      }
    }
  }

  /** The wire does not tell the visitor's address: its id is its name. */
  private void fetch(UUID id, String service, Listener listener) {
    var visitor =
        new Visitor(
            service,
            InetSocketAddress.createUnresolved(id.toString(), 0),
            InetSocketAddress.createUnresolved(address.host(), address.port()));
    channels.open(id.toString(), visitor, fresh -> talk.accept(fresh, id), listener);
  }

  private void unexpected(String what) {
    log.warn("unexpected", "unexpected message", "server", address, "message", what);
  }

  private void checkSilence() {
    if (System.nanoTime() - heardNanos > silence.toNanos()) {
      silent = true;
      control.reset();
    }
  }

  /** The wire has no word for it: the server frees the port, and channels that stand live on. */
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
