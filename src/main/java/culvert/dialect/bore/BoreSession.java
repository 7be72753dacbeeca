package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.SilentPeerException;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.session.ChannelSession;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A client's control connection. The client sends nothing after its Hello, so this side reads only
 * to detect the end of the stream. Messages to the client are queued and written by one thread.
 */
final class BoreSession extends ChannelSession {

  /** Service name of all its visitors; the protocol has no names. */
  static final String SERVICE = "bore";

  /** Time after an orderly end for data channels that are being opened. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** Time for a probe when another client requests the port; that client waits for 3 s. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private static final int SINK_BYTES = 256;

  /** For visitors that wait for a data channel. */
  private static final String GONE = "the client disconnected before it opened a data channel";

  /**
   * The login of a client.
   *
   * @param port the requested port; 0 for any
   * @param secret the one that it has proven, which its data channels prove as well
   */
  record Login(int port, Optional<BoreSecret> secret) {}

  private final JsonFrames frames;
  private final Offer offer;
  private final Optional<BoreSecret> secret;
  private final BoreSessions sessions;
  private final PendingVisitors pending;
  private final Deadlines deadlines;

  private final ControlWriter writer;

  private final SessionState state = new SessionState();

  /** Set before the session is served. */
  private volatile ServiceRegistry registry;

  /** Why the session ends with its last visitor, if the client is to receive the reason. */
  private volatile Optional<String> retirement = Optional.empty();

  /** Creates a session that is not served yet. */
  BoreSession(
      Connection connection,
      JsonFrames frames,
      Login login,
      BoreSessions sessions,
      PendingVisitors pending,
      Deadlines deadlines) {
    super(connection);
    this.frames = frames;
    this.offer = Offer.atPort(SERVICE, login.port());
    this.secret = login.secret();
    this.sessions = sessions;
    this.pending = pending;
    this.deadlines = deadlines;
    this.writer = new ControlWriter(connection, frames, deadlines, this::end);
  }

  /** Returns the secret with which the client has logged in. */
  Optional<BoreSecret> secret() {
    return secret;
  }

  /** {@inheritDoc} False once the session ends: its last visitors have their channels. */
  @Override
  public boolean hasDataChannels() {
    return retirement.isEmpty();
  }

  @Override
  public void serve(ServiceRegistry services) throws IOException {
    registry = services;
    try {
      sessions.add(this).ifPresent(state::refuse);
      if (state.serve()) {
        serveClient(services);
      } else {
        sendRefusal();
      }
    } finally {
      sessions.remove(this);
    }
  }

  private void serveClient(ServiceRegistry services) throws IOException {
    KeepAlive.FAST.applyTo(control());
    writer.start("bore " + HostPort.of(peer()) + " >");
    try {
      services.register(this, List.of(offer), false, this::handleAnswer);
      finish(readToEnd());
      if (state.isClosedByClient()) {
        // The client may be draining: new visitors find the port closed, and pending ones get time.
        services.withdraw(this, SERVICE);
        pending.await(this, GRACE);
      }
    } finally {
      control().close();
      writer.stop();
      pending.end(this, GONE);
    }
    if (state.cause().isPresent()) {
      throw state.cause().get();
    }
  }

  /** Sends the reason to a client that was rejected before it was served. */
  private void sendRefusal() {
    try {
      writer.send(new ServerMessage.Error(state.refusal()));
      control().closeOutput();
      LingeringClose.drainAndClose(control(), deadlines);
    } catch (IOException e) {
      control().close();
    }
  }

  private void handleAnswer(ServiceRegistry.Answer answer) {
    switch (answer) {
      case ServiceRegistry.Answer.Served served -> {
        int assigned = HostPort.parse(served.addresses().get(offer).getFirst()).port();
        writer.enqueue(new ServerMessage.Hello(assigned));
        writer.enqueue(new ServerMessage.Heartbeat());
      }
      case ServiceRegistry.Answer.Declined declined -> {
        state.recordCause(new PeerRefusedException(ByeReason.ERROR, declined.why()));
        writer.enqueue(new ServerMessage.Error(ofBore(declined.why())));
      }
    }
  }

  /** Returns how the connection ended; bytes from the client are discarded. */
  private IOException readToEnd() {
    try {
      byte[] sink = new byte[SINK_BYTES];
      Connection rest = frames.rest();
      while (rest.input().read(sink) >= 0) {
        // bore's server does not read the connection at all.
      }
      return new EOFException("the client closed its control connection");
    } catch (IOException e) {
      return e;
    }
  }

  /**
   * Ends the session; the first reason recorded is kept. After an orderly end the client's data
   * channels continue. Those of a dead client are reset, because nothing else would notify the
   * visitors that wait for data from it.
   */
  private void finish(IOException end) {
    state.close(end);
    if (state.cause().isPresent() && !state.isClosedByClient()) {
      channels().abort();
    }
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    var waiting = new PendingVisitor(this, pending);
    pending.add(waiting);
    String why = announce(waiting);
    if (!why.isEmpty()) {
      pending.remove(waiting);
      throw new IOException(why);
    }
    return waiting;
  }

  /** Returns why the visitor cannot be announced; empty if it was. */
  private String announce(PendingVisitor visitor) {
    if (!state.isServing()) {
      return "the client's session has ended or is draining";
    }
    return writer.announce(visitor) ? "" : "too many messages to the client are queued";
  }

  /** Adds the data channel of a visitor of this session; returns the connection to use instead. */
  Connection addChannel(Connection channel, PendingVisitor visitor) {
    Connection counted = channels().add(channel);
    writer.confirm(visitor);
    return counted;
  }

  @Override
  protected void endDrained() {
    if (state.isDraining()) {
      retirement.ifPresentOrElse(this::endFor, () -> end(null));
    }
  }

  /**
   * Closes the port, lets visitors finish that have a data channel, and ends the session with the
   * last of them or after the limit. The client then receives the reason. Does not block.
   */
  void end(String why, Duration limit) {
    if (state.refuse(why)) {
      return;
    }
    retirement = Optional.of(why);
    state.drain();
    registry.draining(this, true);
    pending.end(this, why);
    channels().drain();
    deadlines.after(limit, () -> endFor(why));
  }

  /** Sends the reason, after which the writer ends the connection. */
  private void endFor(String why) {
    state.recordCause(new PeerRefusedException(ByeReason.ERROR, why));
    if (!writer.tryEnqueue(new ServerMessage.Error(why))) {
      end(null);
    }
  }

  @Override
  protected void endUnresponsive() {
    end(new SilentPeerException("the client opens no data channels any more"));
  }

  /**
   * Probes the client, which never answers: only a write that does not complete reveals a dead
   * client. That is usually too late for the client that requests the port now, because a live but
   * distant client may take as long. A request some seconds later finds the port of a dead client
   * free.
   */
  @Override
  public void probe(Duration limit, Consumer<Boolean> answer) {
    writer.requestProbe();
    deadlines.after(PROBE_LIMIT, () -> answer.accept(!state.isClosed()));
  }

  /**
   * {@inheritDoc} A client exits when its control connection ends and cuts its relays, so the
   * connection stays open until the last data channel ends.
   */
  @Override
  public void drain() {
    if (!state.refuse("the server is stopping")) {
      state.drain();
      channels().drain();
    }
  }

  @Override
  public void close(ByeReason reason, String why) {
    if (!state.refuse(why)) {
      end(null);
    }
  }

  /** Ends the session; a null cause means that this side ends it. */
  private void end(IOException why) {
    state.close(why);
    control().close();
    pending.end(this, GONE);
  }

  /** Returns the text that a bore server sends, and a bore client compares, for a refusal. */
  private static String ofBore(String why) {
    return why.startsWith(ClientHandshake.PORT_NOT_ALLOWED)
        ? ClientHandshake.PORT_NOT_ALLOWED
        : why;
  }
}
