package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.protocol.UnknownAnswerException;
import culvert.setting.Setting;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Begins each connection from a client to a server: sends the answer to the challenge, then one
 * request.
 */
final class ClientHandshake {

  /** Texts of an Error message, exactly as bore's server sends them. */
  static final String PORT_IN_USE = "port already in use";

  static final String PORT_NOT_ALLOWED = "client port number not in allowed range";
  static final String NO_PERMISSION = "permission denied";
  static final String WRONG_SECRET = "invalid secret";
  private static final String SECRET_REQUIRED =
      "server requires secret, but no secret was provided";

  /**
   * A server without a secret waits 3 s for the client's first message and then closes the
   * connection. A peer that closes earlier is not such a server; it may be a forwarder whose server
   * is down.
   */
  private static final Duration MIN_SERVER_WAIT = Duration.ofSeconds(2);

  private final Supplier<Optional<BoreSecret>> currentSecret;

  /**
   * Creates a handshake for any number of connections.
   *
   * @param secret returns the secret for a new connection, if one is set
   */
  ClientHandshake(Supplier<Optional<BoreSecret>> secret) {
    this.currentSecret = secret;
  }

  /**
   * Requests a port.
   *
   * @return the server's answer: a Hello, or an Error about the port
   * @throws PeerRefusedException if the secret is wrong, or set on one side only
   */
  ServerMessage hello(JsonFrames frames, int port) throws IOException {
    boolean isFirst = send(frames, new ClientMessage.Hello(port));
    ServerMessage answer =
        (isFirst ? readFirst(frames) : frames.readServerMessage())
            .orElseThrow(() ->
                new IOException("the server closed the connection before it assigned a port"));
    return switch (answer) {
      case ServerMessage.Hello hello -> hello;
      case ServerMessage.Challenge challenge ->
          throw refusedByServer(
              "the server requires a secret, but none is set: give "
                  + Setting.SECRET
                  + " or BORE_SECRET");
      case ServerMessage.Error(String text) when isAboutSecret(text) ->
          throw refusedByServer("server error: " + text);
      case ServerMessage.Error error -> error;
      case ServerMessage.Heartbeat heartbeat -> throw unexpected();
      case ServerMessage.Connection visitor -> throw unexpected();
    };
  }

  /**
   * Makes a new connection the data channel of a visitor.
   *
   * @return the connection to use from now on
   */
  Connection accept(Connection channel, UUID visitor) throws IOException {
    var frames = new JsonFrames(channel);
    send(frames, new ClientMessage.Accept(visitor));
    return frames.rest();
  }

  /**
   * Sends the request without waiting for an answer to Authenticate, because the server sends none.
   * Returns whether the server's next message is its first one.
   */
  private boolean send(JsonFrames frames, ClientMessage request) throws IOException {
    Optional<BoreSecret> secret = currentSecret.get();
    if (secret.isEmpty()) {
      frames.write(request);
    } else {
      UUID challenge = challenge(frames);
      frames.write(
          new ClientMessage.Authenticate(ChallengeResponse.to(challenge, secret.get())), request);
    }
    return secret.isEmpty();
  }

  private static Optional<ServerMessage> readFirst(JsonFrames frames) throws IOException {
    try {
      return frames.readServerMessage();
    } catch (ProtocolException e) {
      throw new UnknownAnswerException("a bore server", e);
    }
  }

  private static UUID challenge(JsonFrames frames) throws IOException {
    long began = System.nanoTime();
    Optional<ServerMessage> first = readFirst(frames);
    if (first.isEmpty() && System.nanoTime() - began < MIN_SERVER_WAIT.toNanos()) {
      throw new IOException("the server closed the connection before it requested the secret");
    }
    return switch (first.orElse(null)) {
      case ServerMessage.Challenge(UUID id) -> id;
      case ServerMessage.Error(String text) -> throw new IOException("server error: " + text);
      case null, default ->
          throw new PeerRefusedException(
              ByeReason.CREDENTIALS, "a secret is set, but the server requires none");
    };
  }

  private static boolean isAboutSecret(String error) {
    return error.equals(WRONG_SECRET) || error.equals(SECRET_REQUIRED);
  }

  private static PeerRefusedException refusedByServer(String why) {
    return PeerRefusedException.byPeer(ByeReason.CREDENTIALS, why);
  }

  private static ProtocolException unexpected() {
    return new ProtocolException("unexpected initial non-hello message");
  }
}
