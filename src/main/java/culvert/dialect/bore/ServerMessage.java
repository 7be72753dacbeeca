package culvert.dialect.bore;

import culvert.dialect.bore.Json.Named;
import culvert.dialect.bore.Json.Value;
import culvert.protocol.ProtocolException;
import java.util.UUID;

/** A message from a server in the bore protocol. */
sealed interface ServerMessage {

  /**
   * {@code {"Challenge":"08cf8d1f-8947-4646-b666-6be66c8f30a4"}}: the first message on every
   * connection if the server has a secret.
   */
  record Challenge(UUID id) implements ServerMessage {}

  /**
   * {@code {"Hello":21378}}: visitors can connect to that port from now on.
   *
   * @param port the port assigned
   */
  record Hello(int port) implements ServerMessage {}

  /** {@code "Heartbeat"}: no answer is expected. */
  record Heartbeat() implements ServerMessage {}

  /**
   * {@code {"Connection":"17d627d5-186a-4a45-8679-d49a45204e2c"}}: a visitor waits for a data
   * channel that names it.
   */
  record Connection(UUID id) implements ServerMessage {}

  /** {@code {"Error":"port already in use"}}: the last message of a handshake that failed. */
  record Error(String text) implements ServerMessage {}

  /**
   * Converts parsed JSON to a message.
   *
   * @throws ProtocolException with bore's error text, if it is not one of these messages
   */
  static ServerMessage of(Named named) throws ProtocolException {
    return switch (named) {
      case Named(String name, Value.Text(String text)) when name.equals("Challenge") ->
          new Challenge(UuidParser.read(text));
      case Named(String name, Value.Port(int port)) when name.equals("Hello") -> new Hello(port);
      case Named(String name, Value.None none) when name.equals("Heartbeat") -> new Heartbeat();
      case Named(String name, Value.Text(String text)) when name.equals("Connection") ->
          new Connection(UuidParser.read(text));
      case Named(String name, Value.Text(String text)) when name.equals("Error") -> new Error(text);
      default -> throw Json.unreadable();
    };
  }

  /** Returns the JSON text as it is sent. */
  default String json() {
    return switch (this) {
      case Challenge(UUID id) -> new Named("Challenge", new Value.Text(id.toString())).toString();
      case Hello(int port) -> new Named("Hello", new Value.Port(port)).toString();
      case Heartbeat() -> new Named("Heartbeat", new Value.None()).toString();
      case Connection(UUID id) -> new Named("Connection", new Value.Text(id.toString())).toString();
      case Error(String text) -> new Named("Error", new Value.Text(text)).toString();
    };
  }
}
