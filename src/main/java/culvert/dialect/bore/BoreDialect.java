package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.config.RemoteSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.SourcePrefix;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.session.Dialect;
import culvert.session.Recognition;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/** The server side of the bore protocol. */
public final class BoreDialect implements Dialect {

  /** Time limit for each of the messages that a connection begins with. */
  private static final Duration MESSAGE_LIMIT = Duration.ofSeconds(3);

  /**
   * Silence before the challenge where another protocol is served at the same address. The first
   * bytes of that protocol arrive within it even if a packet is lost, and the client waits 3 s.
   */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  /** Silence before the challenge on what is most likely a data channel: it delays a visitor. */
  private static final Duration SILENCE_OF_CHANNEL = Duration.ofMillis(50);

  private static final String TIMEOUT_TEXT = "timed out waiting for initial message";

  private final Deadlines deadlines;
  private final PendingVisitors pending = new PendingVisitors();

  /** Never changed in place; a reload replaces the list. */
  private volatile List<BoreSecret> secrets;

  /**
   * Creates the dialect, without clients.
   *
   * @param secrets any of them authenticates a client; if empty, every client is accepted
   */
  public BoreDialect(List<BoreSecret> secrets, Deadlines deadlines) {
    this.secrets = List.copyOf(secrets);
    this.deadlines = deadlines;
  }

  /** The clients of this protocol begin with a JSON object, unless they wait for a challenge. */
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
    return current.isEmpty() ? Optional.empty() : Optional.of(new Challenge(connection, current));
  }

  /**
   * {@inheritDoc} As in bore, only a client that fails to authenticate receives an Error with the
   * reason; in all other cases of failure the connection is closed without one.
   */
  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    Optional<Greeting> greeting = greeting(connection);
    if (greeting.isEmpty()) {
      return acceptAuthenticated(connection, new JsonFrames(connection));
    }
    try (Greeting challenge = greeting.get()) {
      challenge.send();
      return challenge.accept(connection, onVerified);
    }
  }

  private final class Challenge implements Greeting {
    private final UUID challenge = UUID.randomUUID();
    private final Connection fresh;
    private final SourcePrefix source;
    private final List<BoreSecret> accepted;

    /** Whether this is most likely a data channel; set by the thread of the connection. */
    private boolean isExpected;

    Challenge(Connection fresh, List<BoreSecret> accepted) {
      this.fresh = fresh;
      this.source = SourcePrefix.of(fresh.peer().getAddress());
      this.accepted = accepted;
    }

    /** {@inheritDoc} Origin proxies with the client's source also connect while visitors wait. */
    @Override
    public Duration silence() {
      isExpected = pending.tryExpect(source);
      return isExpected ? SILENCE_OF_CHANNEL : SILENCE;
    }

    @Override
    public void send() throws IOException {
      new JsonFrames(fresh).write(new ServerMessage.Challenge(challenge));
    }

    @Override
    public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
      var frames = new JsonFrames(connection);
      authenticate(connection, frames, challenge, accepted);
      onVerified.run();
      return acceptAuthenticated(connection, frames);
    }

    @Override
    public void close() {
      if (isExpected) {
        pending.endExpected(source);
      }
    }
  }

  private Accepted acceptAuthenticated(Connection connection, JsonFrames frames)
      throws IOException {
    Optional<ClientMessage> first = read(connection, frames, () -> {});
    if (first.isEmpty()) {
      throw new EOFException("closed before the first message");
    }
    return switch (first.get()) {
      case ClientMessage.Hello(int port) ->
          new Accepted.LoggedIn(new BoreSession(connection, frames, port, pending, deadlines));
      case ClientMessage.Accept(UUID id) -> claim(id, frames.rest());
      case ClientMessage.Authenticate none ->
          throw new PeerRefusedException(
              ByeReason.CREDENTIALS, "the client has a secret, but none is required");
    };
  }

  @Override
  public Runnable prepareReload(RemoteSettings changed) {
    List<BoreSecret> next = changed.bore().orElseThrow().secrets();
    return () -> secrets = next;
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

  private void authenticate(
      Connection connection, JsonFrames frames, UUID challenge, List<BoreSecret> accepted)
      throws IOException {
    Optional<ClientMessage> answer;
    try {
      // The few bytes sent so far leave enough space in the send buffer, so this write does not
      // block.
      answer = read(connection, frames, () -> sendError(frames, TIMEOUT_TEXT));
    } catch (ProtocolException e) {
      throw reject(frames, e.getMessage());
    }
    if (!(answer.orElse(null) instanceof ClientMessage.Authenticate(String tag))) {
      throw reject(frames, "server requires secret, but no secret was provided");
    }
    // Checks every secret, so that the time taken does not reveal the one that matched.
    long matches =
        accepted.stream().filter(s -> ChallengeResponse.isValid(tag, challenge, s)).count();
    if (matches == 0) {
      throw reject(frames, "invalid secret");
    }
  }

  private static PeerRefusedException reject(JsonFrames frames, String why) {
    sendError(frames, why);
    return new PeerRefusedException(ByeReason.CREDENTIALS, why);
  }

  private static void sendError(JsonFrames frames, String why) {
    try {
      frames.write(new ServerMessage.Error(why));
    } catch (IOException e) {
      // The client is gone or its time is up; the caller reports the cause.
    }
  }

  /** Blocks until a message arrives; {@code onTimeout} runs if none arrives within the limit. */
  private Optional<ClientMessage> read(Connection connection, JsonFrames frames, Runnable onTimeout)
      throws IOException {
    var timedOut = new AtomicBoolean();
    var deadline =
        deadlines.after(
            MESSAGE_LIMIT,
            () -> {
              timedOut.set(true);
              onTimeout.run();
              connection.close();
            });
    try {
      return frames.readClientMessage();
    } catch (IOException e) {
      throw timedOut.get() ? new ProtocolException(TIMEOUT_TEXT) : e;
    } finally {
      deadline.cancel();
    }
  }
}
