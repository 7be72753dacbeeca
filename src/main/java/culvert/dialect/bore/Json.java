package culvert.dialect.bore;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Parses only the JSON (RFC 8259) that a message can be: {@code "Name"} or an object with one
 * member, {@code {"Name":value}}, whose value is a string, a whole number or null. White space may
 * stand between the parts.
 */
final class Json {

  /** bore's error text for anything that is not a message. */
  static final String UNREADABLE = "unable to parse message";

  private static final int MAX_PORT = 65535;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** A value within a message. */
  sealed interface Value {
    /** A string without its escapes. */
    record Text(String text) implements Value {

      /** Returns the JSON text, in quotes. */
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
   * A message whose name and value have not been interpreted.
   *
   * @param name name of the message
   * @param value its content
   */
  record Named(String name, Value value) {

    /** Returns the JSON text as it is sent, without white space. */
    @Override
    public String toString() {
      return value instanceof Value.None ? quoted(name) : "{" + quoted(name) + ":" + value + "}";
    }
  }

  /** The content of a frame. */
  sealed interface Frame {
    /** A message. */
    record Message(Named named) implements Frame {}

    /** The JSON value null, which bore treats as the end of the stream. */
    record Null() implements Frame {}
  }

  /**
   * Parses a whole frame.
   *
   * @throws ProtocolException with bore's error text, if it is anything else
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
        literal("null");
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
        literal("null");
        yield new Value.None();
      }
      case '"' -> new Value.Text(string());
      default -> new Value.Port(number());
    };
  }

  /** Returns the next character that is not white space, without consuming it. */
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

  private void literal(String literal) throws ProtocolException {
    for (char letter : literal.toCharArray()) {
      expect(letter);
    }
  }

  /** Parses a number without sign, fraction, exponent or leading zero. */
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
    // Half of a surrogate pair can only come from an escape, and is not valid text.
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
