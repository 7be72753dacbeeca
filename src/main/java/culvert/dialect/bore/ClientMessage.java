package culvert.dialect.bore;

import culvert.dialect.bore.Json.Named;
import culvert.dialect.bore.Json.Value;
import culvert.protocol.ProtocolException;
import java.util.UUID;

/** What a client of bore's wire says. */
sealed interface ClientMessage {

  /**
   * {@code {"Authenticate":"64 hexadecimal digits"}}: the answer to a challenge, first on every
   * connection where the server has a secret.
   *
   * @param tag as it came; whether it is hexadecimal is part of whether it is right
   */
  record Authenticate(String tag) implements ClientMessage {}

  /**
   * {@code {"Hello":8000}}: this is a control connection, and its visitors come in at that port.
   *
   * @param port 0 for any
   */
  record Hello(int port) implements ClientMessage {}

  /**
   * {@code {"Accept":"17d627d5-186a-4a45-8679-d49a45204e2c"}}: this is the data channel of that
   * visitor; what follows are its bytes.
   */
  record Accept(UUID id) implements ClientMessage {}

  /**
   * Reads one.
   *
   * @throws ProtocolException in bore's words, if it is none
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

  /** As it goes over the wire. */
  default String json() {
    return switch (this) {
      case Authenticate(String tag) -> new Named("Authenticate", new Value.Text(tag)).toString();
      case Hello(int port) -> new Named("Hello", new Value.Port(port)).toString();
      case Accept(UUID id) -> new Named("Accept", new Value.Text(id.toString())).toString();
    };
  }
}
