package culvert.dialect.bore;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the little JSON (RFC 8259) that a message can be, and nothing more: {@code "Name"} or an
 * object of one member, {@code {"Name":value}}, whose value is a text, a whole number or null.
 * White space may stand between the parts.
 */
final class Json {

  /** What bore says of anything that is no message. */
  static final String UNREADABLE = "unable to parse message";

  private static final int MAX_PORT = 65535;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** A value within a message. */
  sealed interface Value {
    /** A text, its escapes undone. */
    record Text(String text) implements Value {

      /** As JSON, in quotes. */
      @Override
      public String toString() {
        return quoted(text);
      }
    }

    /** A port: a whole number, 0 to 65535. */
    record Port(int number) implements Value {
      @Override
      public String toString() {
        return Integer.toString(number);
      }
    }

    /** Null, or no value at all. */
    record None() implements Value {}
  }

  /**
   * A message before anybody has looked what it says.
   *
   * @param name which message it is
   * @param value what it carries
   */
  record Named(String name, Value value) {

    /** As it goes over the wire: no white space. */
    @Override
    public String toString() {
      return value instanceof Value.None ? quoted(name) : "{" + quoted(name) + ":" + value + "}";
    }
  }

  /** What a frame holds. */
  sealed interface Frame {
    /** A message. */
    record Message(Named named) implements Frame {}

    /** The JSON value null, with which bore means the same as with the end of the stream. */
    record Null() implements Frame {}
  }

  /**
   * Reads a whole frame.
   *
   * @throws ProtocolException in bore's words, if it is anything else
   */
  static Frame read(byte[] frame) throws ProtocolException {
    var json = new Json(decode(frame));
    Frame read = json.frame();
    json.space();
    if (json.at < json.text.length()) {
      throw unreadable();
    }
    return read;
  }

  private static String decode(byte[] bytes) throws ProtocolException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw unreadable();
    }
  }

  static ProtocolException unreadable() {
    return new ProtocolException(UNREADABLE);
  }

  private Frame frame() throws ProtocolException {
    return switch (peek()) {
      case 'n' -> {
        word("null");
        yield new Frame.Null();
      }
      case '"' -> new Frame.Message(new Named(string(), new Value.None()));
      default -> {
        expect('{');
        peek();
        String name = string();
        peek();
        expect(':');
        Value value = value();
        peek();
        expect('}');
        yield new Frame.Message(new Named(name, value));
      }
    };
  }

  private Value value() throws ProtocolException {
    return switch (peek()) {
      case 'n' -> {
        word("null");
        yield new Value.None();
      }
      case '"' -> new Value.Text(string());
      default -> new Value.Port(number());
    };
  }

  /** The next character that is no white space; it is still to be read. */
  private char peek() throws ProtocolException {
    space();
    if (at == text.length()) {
      throw unreadable();
    }
    return text.charAt(at);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char next() throws ProtocolException {
    if (at == text.length()) {
      throw unreadable();
    }
    return text.charAt(at++);
  }

  private void expect(char wanted) throws ProtocolException {
    if (next() != wanted) {
      throw unreadable();
    }
  }

  private void word(String word) throws ProtocolException {
    for (char letter : word.toCharArray()) {
      expect(letter);
    }
  }

  /** No sign, no fraction, no exponent, no zero in front. */
  private int number() throws ProtocolException {
    int from = at;
    int number = 0;
    while (at < text.length() && isDigit(text.charAt(at))) {
      number = number * 10 + (text.charAt(at++) - '0');
      if (number > MAX_PORT) {
        throw unreadable();
      }
    }
    boolean padded = text.charAt(from) == '0' && at - from > 1;
    if (at == from || padded) {
      throw unreadable();
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private String string() throws ProtocolException {
    var read = new StringBuilder();
    expect('"');
    for (char c = next(); c != '"'; c = next()) {
      if (c < ' ') {
        throw unreadable();
      }
      read.append(c == '\\' ? escape() : c);
    }
    String whole = read.toString();
    // Half of a surrogate pair can only have come as an escape, and is no text.
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(whole)) {
      throw unreadable();
    }
    return whole;
  }

  private char escape() throws ProtocolException {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hex();
      default -> throw unreadable();
    };
  }

  private char hex() throws ProtocolException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      char c = next();
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw unreadable();
      }
      value = value * 16 + digit;
    }
    return (char) value;
  }

  private static String quoted(String text) {
    var json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"', '\\' -> json.append('\\').append(c);
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }
}
