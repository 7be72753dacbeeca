package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.KeepAlive;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.session.Dialect;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/** The server of bore's wire. */
public final class BoreDialect implements Dialect {

  /** For each of the messages that a connection begins with. */
  private static final Duration MESSAGE_LIMIT = Duration.ofSeconds(3);

  private static final String LATE = "timed out waiting for initial message";

  private final List<BoreSecret> secrets;
  private final Deadlines deadlines;
  private final PendingVisitors pending = new PendingVisitors();

  /**
   * Nobody is there yet.
   *
   * @param secrets any of them lets in; without one everybody is let in
   */
  public BoreDialect(List<BoreSecret> secrets, Deadlines deadlines) {
    this.secrets = List.copyOf(secrets);
    this.deadlines = deadlines;
  }

  /**
   * {@inheritDoc} Only who could not authenticate is told why, as bore does it; all else that comes
   * to nothing ends without a word.
   */
  @Override
  public Accepted accept(Connection connection) throws IOException {
    var frames = new JsonFrames(connection);
    if (!secrets.isEmpty()) {
      authenticate(connection, frames);
    }
    Optional<ClientMessage> first = read(connection, frames, () -> {});
    if (first.isEmpty()) {
      throw new EOFException("closed before a first message");
    }
    return switch (first.get()) {
      case ClientMessage.Hello(int port) ->
          new Accepted.LoggedIn(new BoreSession(connection, frames, port, pending, deadlines));
      case ClientMessage.Accept(UUID id) -> claim(id, frames.rest());
      case ClientMessage.Authenticate none ->
          throw new RefusedException(
              ByeReason.CREDENTIALS, "it has a secret, and none is wanted here");
    };
  }

  @Override
  public void awaitClaims(Duration limit) {
    pending.await(limit);
  }

  /** An idle channel whose client is gone would stand for ever. */
  private Accepted claim(UUID id, Connection channel) throws IOException {
    KeepAlive.SLOW.applyTo(channel);
    if (!pending.claim(id, channel)) {
      throw new RefusedException(
          ByeReason.ERROR, "its data channel names a visitor that does not wait: " + id);
    }
    return new Accepted.Claimed();
  }

  private void authenticate(Connection connection, JsonFrames frames) throws IOException {
    UUID challenge = UUID.randomUUID();
    frames.write(new ServerMessage.Challenge(challenge));
    Optional<ClientMessage> answer;
    try {
      // A few bytes behind a few others: nobody waits for room.
      answer = read(connection, frames, () -> tell(frames, LATE));
    } catch (ProtocolException e) {
      throw refuse(frames, e.getMessage());
    }
    if (!(answer.orElse(null) instanceof ClientMessage.Authenticate(String tag))) {
      throw refuse(frames, "server requires secret, but no secret was provided");
    }
    // All of them, so that the time does not tell which one was right.
    long right = secrets.stream().filter(s -> ChallengeResponse.isRight(tag, challenge, s)).count();
    if (right == 0) {
      throw refuse(frames, "invalid secret");
    }
  }

  private static RefusedException refuse(JsonFrames frames, String why) {
    tell(frames, why);
    return new RefusedException(ByeReason.CREDENTIALS, why);
  }

  private static void tell(JsonFrames frames, String why) {
    try {
      frames.write(new ServerMessage.Error(why));
    } catch (IOException e) {
      // The client has gone, or its time was up; whoever asked says the rest.
    }
  }

  /** Waits for a message; {@code lastWords} run when there was none in time. */
  private Optional<ClientMessage> read(Connection connection, JsonFrames frames, Runnable lastWords)
      throws IOException {
    var late = new AtomicBoolean();
    var deadline =
        deadlines.after(
            MESSAGE_LIMIT,
            () -> {
              late.set(true);
              lastWords.run();
              connection.close();
            });
    try {
      return frames.ofClient();
    } catch (IOException e) {
      throw late.get() ? new ProtocolException(LATE) : e;
    } finally {
      deadline.cancel();
    }
  }
}
