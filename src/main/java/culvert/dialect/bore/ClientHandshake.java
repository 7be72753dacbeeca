package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** How a client begins each connection to a server: the answer to its challenge, then one wish. */
final class ClientHandshake {

  /** Texts that travel in an Error: exactly as bore's server says them. */
  static final String PORT_IN_USE = "port already in use";

  static final String PORT_NOT_ALLOWED = "client port number not in allowed range";
  static final String NO_PERMISSION = "permission denied";
  private static final String WRONG_SECRET = "invalid secret";
  private static final String SECRET_WANTED = "server requires secret, but no secret was provided";

  /**
   * A server that has no secret waits for the client's first word, for 3 s, and hangs up. Who hangs
   * up sooner is something else, such as a forwarder whose server is down.
   */
  private static final Duration SERVERS_PATIENCE = Duration.ofSeconds(2);

  private final Optional<BoreSecret> secret;

  ClientHandshake(Optional<BoreSecret> secret) {
    this.secret = secret;
  }

  /**
   * Asks for a port.
   *
   * @return the server's answer: a Hello, or an Error that is about the port
   * @throws RefusedException if the secret is wrong, or only on one side
   */
  ServerMessage hello(JsonFrames frames, int port) throws IOException {
    say(frames, new ClientMessage.Hello(port));
    ServerMessage answer =
        frames
            .ofServer()
            .orElseThrow(() -> new IOException("the server hung up instead of giving a port"));
    return switch (answer) {
      case ServerMessage.Hello hello -> hello;
      case ServerMessage.Challenge challenge ->
          throw refused(
              "the server requires a secret, and none is set: give --secret or BORE_SECRET");
      case ServerMessage.Error(String text) when isAboutSecret(text) ->
          throw refused("server error: " + text);
      case ServerMessage.Error error -> error;
      case ServerMessage.Heartbeat heartbeat -> throw unexpected();
      case ServerMessage.Connection visitor -> throw unexpected();
    };
  }

  /**
   * Makes a fresh connection the data channel of a visitor.
   *
   * @return the connection to use from now on
   */
  Connection accept(Connection channel, UUID visitor) throws IOException {
    var frames = new JsonFrames(channel);
    say(frames, new ClientMessage.Accept(visitor));
    return frames.rest();
  }

  /** The wish does not wait for the answer to the proof, which there never is. */
  private void say(JsonFrames frames, ClientMessage wish) throws IOException {
    if (secret.isEmpty()) {
      frames.write(wish);
    } else {
      UUID challenge = challenge(frames);
      frames.write(
          new ClientMessage.Authenticate(ChallengeResponse.to(challenge, secret.get())), wish);
    }
  }

  private static UUID challenge(JsonFrames frames) throws IOException {
    long began = System.nanoTime();
    Optional<ServerMessage> first = frames.ofServer();
    if (first.isEmpty() && System.nanoTime() - began < SERVERS_PATIENCE.toNanos()) {
      throw new IOException("the server hung up before it asked for the secret");
    }
    return switch (first.orElse(null)) {
      case ServerMessage.Challenge(UUID id) -> id;
      case ServerMessage.Error(String text) -> throw new IOException("server error: " + text);
      case null, default -> throw refused("a secret is set, and the server asks for none");
    };
  }

  private static boolean isAboutSecret(String error) {
    return error.equals(WRONG_SECRET) || error.equals(SECRET_WANTED);
  }

  private static RefusedException refused(String why) {
    return new RefusedException(ByeReason.CREDENTIALS, why);
  }

  private static ProtocolException unexpected() {
    return new ProtocolException("unexpected initial non-hello message");
  }
}
