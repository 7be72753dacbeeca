package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.config.RemoteSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.session.Dialect;
import culvert.session.Recognition;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The server side of the bore protocol at one endpoint. Clients of the endpoints of one server may
 * open their data channels at each of them.
 */
public final class BoreDialect implements Dialect {

  private final Deadlines deadlines;
  private final BoreSessions sessions;
  private final PendingVisitors pending;
  private final Silences silences;

  /** Never changed in place; a reload replaces the list. */
  private volatile List<BoreSecret> secrets;

  /**
   * Creates the dialect, without clients.
   *
   * @param secrets any of them authenticates a client; if empty, every client is accepted
   * @param handshake time for the handshake of each connection
   */
  public BoreDialect(List<BoreSecret> secrets, Duration handshake, Deadlines deadlines) {
    this(secrets, Silences.within(handshake), new PendingVisitors(), deadlines);
  }

  private BoreDialect(
      List<BoreSecret> secrets, Silences silences, PendingVisitors pending, Deadlines deadlines) {
    this.secrets = List.copyOf(secrets);
    this.sessions = new BoreSessions(!secrets.isEmpty());
    this.silences = silences;
    this.pending = pending;
    this.deadlines = deadlines;
  }

  /**
   * Returns the dialect for another endpoint of this server, without clients, and with the secrets
   * of now.
   */
  public BoreDialect forAnotherEndpoint() {
    return new BoreDialect(secrets, silences, pending, deadlines);
  }

  /** {@inheritDoc} Clients begin with a JSON object, unless they wait for a challenge. */
  @Override
  public Recognition recognise(byte[] first) {
    if (first[0] != '{') {
      return Recognition.NO;
    }
    if (first.length == 1) {
      return Recognition.UNDECIDED;
    }
    return first[1] == '"' ? Recognition.YES : Recognition.NO;
  }

  /** {@inheritDoc} A client with a secret waits for the challenge, on each of its connections. */
  @Override
  public Optional<Greeting> greeting(Connection connection) {
    List<BoreSecret> current = secrets;
    return current.isEmpty()
        ? Optional.empty()
        : Optional.of(new Challenge(this, connection, current));
  }

  /** {@inheritDoc} It ends the wait of a client with a secret for a challenge that never comes. */
  @Override
  public Optional<Duration> maxSilence() {
    return Optional.of(MessageLimit.LIMIT);
  }

  /** {@inheritDoc} As in bore, the connection is closed without a message if it is refused. */
  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    Optional<Greeting> greeting = greeting(connection);
    if (greeting.isEmpty()) {
      return acceptAuthenticated(connection, new JsonFrames(connection), Proof.NONE);
    }
    try (Greeting challenge = greeting.get()) {
      challenge.send();
      return challenge.accept(connection, onVerified);
    }
  }

  /** Reads the first message of a client that needs no secret or has proven it. */
  Accepted acceptAuthenticated(Connection connection, JsonFrames frames, Proof proof)
      throws IOException {
    Optional<ClientMessage> first = limit(connection, () -> {}).read(frames);
    if (first.isEmpty()) {
      throw new EOFException("closed before the first message");
    }
    if (!proof.isCurrent() && !isDataChannel(first.get(), proof)) {
      throw Challenge.reject(frames, ClientHandshake.WRONG_SECRET);
    }
    return switch (first.get()) {
      case ClientMessage.Hello(int port) -> {
        var login = new BoreSession.Login(port, proof.secret());
        yield new Accepted.LoggedIn(
            new BoreSession(connection, frames, login, sessions, pending, deadlines));
      }
      case ClientMessage.Accept(UUID id) -> claim(id, frames.rest());
      case ClientMessage.Authenticate none ->
          throw new PeerRefusedException(
              ByeReason.CREDENTIALS, "the client has a secret, but none is required");
    };
  }

  /** Returns whether a connection is for a visitor of a client with the same secret. */
  private boolean isDataChannel(ClientMessage first, Proof proof) {
    return first instanceof ClientMessage.Accept(UUID id) && pending.isOf(id, proof.secret());
  }

  /**
   * {@inheritDoc} The clients that have logged in stay. Only if a secret is required for the first
   * time, or none any more, their sessions end: their data channels would begin in another way.
   */
  @Override
  public Runnable prepareReload(RemoteSettings changed) {
    List<BoreSecret> next = changed.bore().orElseThrow().secrets();
    return () -> {
      secrets = next;
      sessions.open(!next.isEmpty(), changed.timeouts().drain());
    };
  }

  @Override
  public void endSessions(Duration limit) {
    sessions.close("the remote proxy does not serve bore clients at this address any more", limit);
  }

  @Override
  public void awaitClaims(Duration limit) {
    pending.await(limit);
  }

  private Accepted claim(UUID id, Connection channel) {
    return new Accepted.Claimed(() -> {
      if (!pending.claim(id, channel)) {
        throw new PeerRefusedException(
            ByeReason.ERROR, "data channel for a visitor that is not pending: " + id);
      }
    });
  }

  /** Starts the time for the next message of a connection; see {@link MessageLimit}. */
  MessageLimit limit(Connection connection, Runnable onTimeout) {
    return new MessageLimit(deadlines, connection, onTimeout);
  }

  PendingVisitors pending() {
    return pending;
  }

  Silences silences() {
    return silences;
  }
}
