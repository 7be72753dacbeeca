package culvert.dialect.bore;

import culvert.dialect.bore.Json.Named;
import culvert.dialect.bore.Json.Value;
import culvert.protocol.ProtocolException;
import java.util.UUID;

/** A message from a client in the bore protocol. */
sealed interface ClientMessage {

  /**
   * {@code {"Authenticate":"64 hexadecimal digits"}}: the answer to a challenge, the first message
   * on every connection if the server has a secret.
   *
   * @param tag as received; may not be hexadecimal before it is compared
   */
  record Authenticate(String tag) implements ClientMessage {}

  /**
   * {@code {"Hello":8000}}: makes this a control connection whose visitors connect to that port.
   *
   * @param port 0 for any
   */
  record Hello(int port) implements ClientMessage {}

  /**
   * {@code {"Accept":"17d627d5-186a-4a45-8679-d49a45204e2c"}}: makes this the data channel of that
   * visitor, whose bytes follow.
   */
  record Accept(UUID id) implements ClientMessage {}

  /**
   * Converts parsed JSON to a message.
   *
   * @throws ProtocolException with bore's error text, if it is not one of these messages
   */
  static ClientMessage of(Named named) throws ProtocolException {
    return switch (named) {
      case Named(String name, Value.Text(String text)) when name.equals("Authenticate") ->
          new Authenticate(text);
      case Named(String name, Value.Port(int port)) when name.equals("Hello") -> new Hello(port);
      case Named(String name, Value.Text(String text)) when name.equals("Accept") ->
          new Accept(UuidParser.read(text));
      default -> throw Json.unreadable();
    };
  }

  /** Returns the JSON text as it is sent. */
  default String json() {
    return switch (this) {
      case Authenticate(String tag) -> new Named("Authenticate", new Value.Text(tag)).toString();
      case Hello(int port) -> new Named("Hello", new Value.Port(port)).toString();
      case Accept(UUID id) -> new Named("Accept", new Value.Text(id.toString())).toString();
    };
  }
}
