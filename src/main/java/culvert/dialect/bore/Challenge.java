package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.net.SourcePrefix;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The challenge with which a server that requires a secret begins each connection. Used by the
 * thread of the connection, except where a method says otherwise.
 */
final class Challenge implements Dialect.Greeting {

  private final UUID challenge = UUID.randomUUID();
  private final BoreDialect server;
  private final Connection fresh;
  private final SourcePrefix source;
  private final List<BoreSecret> accepted;

  /** Whether this is most likely a data channel. */
  private boolean isExpected;

  /** Whether the peer has answered as a client with a secret does. */
  private boolean isAnswered;

  /** The time for the answer; set by the thread that sends the challenge. */
  private volatile Optional<MessageLimit> limit = Optional.empty();

  /**
   * Creates a challenge that is not sent yet.
   *
   * @param accepted any of these authenticates a client that logs in
   */
  Challenge(BoreDialect server, Connection fresh, List<BoreSecret> accepted) {
    this.server = server;
    this.fresh = fresh;
    this.source = SourcePrefix.of(fresh.peer().getAddress());
    this.accepted = accepted;
  }

  /** {@inheritDoc} Origin proxies with the client's source also connect while visitors wait. */
  @Override
  public Duration silence(double load) {
    isExpected = server.pending().tryExpect(source);
    return isExpected ? server.silences().ofChannel() : server.silences().at(load);
  }

  @Override
  public void send() throws IOException {
    var frames = new JsonFrames(fresh);
    // The few bytes sent so far leave enough space in the send buffer, so the error does not block.
    limit = Optional.of(server.limit(fresh, () -> sendError(frames, MessageLimit.TEXT)));
    frames.write(new ServerMessage.Challenge(challenge));
  }

  @Override
  public IOException cause(IOException failure) {
    return limit.map(time -> time.cause(failure)).orElse(failure);
  }

  /**
   * {@inheritDoc} As in bore, only a client that fails to authenticate receives an Error with the
   * reason.
   */
  @Override
  public Dialect.Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    var frames = new JsonFrames(connection);
    Proof proof = authenticate(frames);
    if (proof.isCurrent()) {
      onVerified.run();
    }
    return server.acceptAuthenticated(connection, frames, proof);
  }

  private Proof authenticate(JsonFrames frames) throws IOException {
    Optional<ClientMessage> answer;
    try {
      answer = limit.orElseThrow().read(frames);
    } catch (ProtocolException e) {
      throw reject(frames, e.getMessage());
    }
    if (!(answer.orElse(null) instanceof ClientMessage.Authenticate(String tag))) {
      throw reject(frames, "server requires secret, but no secret was provided");
    }
    isAnswered = true;
    Optional<BoreSecret> current = proven(tag, accepted);
    Optional<BoreSecret> any = current.or(() -> proven(tag, server.pending().secrets()));
    if (any.isEmpty()) {
      throw reject(frames, ClientHandshake.WRONG_SECRET);
    }
    return new Proof(any, current.isPresent());
  }

  /** Checks every secret, so that the time taken does not reveal the one that matches. */
  private Optional<BoreSecret> proven(String tag, Collection<BoreSecret> secrets) {
    List<BoreSecret> matches =
        secrets.stream().filter(s -> ChallengeResponse.isValid(tag, challenge, s)).toList();
    return matches.stream().findFirst();
  }

  /** Sends the reason for which a client is refused; returns the exception to throw. */
  static PeerRefusedException reject(JsonFrames frames, String why) {
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

  @Override
  public void close() {
    limit.ifPresent(MessageLimit::end);
    if (isExpected) {
      endExpected();
    }
  }

  private void endExpected() {
    if (limit.isPresent() && !isAnswered) {
      server.pending().expectNone(source);
    }
    server.pending().endExpected(source);
  }
}
