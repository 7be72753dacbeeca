package culvert.protocol;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The fields of one payload, each checked against what is left of it. */
record PayloadFields(FrameType type, ByteBuffer in) {

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9._-]{1," + Message.MAX_NAME_BYTES + "}");

  private void need(int bytes) throws ProtocolException {
    if (in.remaining() < bytes) {
      throw wrong("is truncated");
    }
  }

  ProtocolException wrong(String what) {
    return new ProtocolException(type + " " + what);
  }

  int u8() throws ProtocolException {
    need(1);
    return in.get() & 0xff;
  }

  int u16() throws ProtocolException {
    need(2);
    return in.getShort() & 0xffff;
  }

  int u32() throws ProtocolException {
    need(4);
    return in.getInt();
  }

  boolean flag() throws ProtocolException {
    int flags = u8();
    if (flags > 1) {
      throw wrong("has flags of a later version");
    }
    return flags == 1;
  }

  int count(String field) throws ProtocolException {
    need(4);
    int value = in.getInt();
    if (value <= 0) {
      throw wrong("has " + field + " = " + Integer.toUnsignedString(value));
    }
    return value;
  }

  long token() throws ProtocolException {
    need(8);
    return in.getLong();
  }

  byte[] bytes(int length) throws ProtocolException {
    need(length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  String text() throws ProtocolException {
    return decode(bytes(u8()));
  }

  /** Names appear in logs and tables, so only the letters of service names are allowed. */
  String name(String field) throws ProtocolException {
    return checked(field, text());
  }

  String nameToTheEnd(String field) throws ProtocolException {
    return checked(field, rest());
  }

  private String checked(String field, String name) throws ProtocolException {
    if (!NAME.matcher(name).matches()) {
      throw wrong(
          "has an invalid "
              + field
              + ": expected 1 to 64 letters, digits, dots, dashes, underscores");
    }
    return name;
  }

  List<String> texts(int count) throws ProtocolException {
    var texts = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      texts.add(text());
    }
    return texts;
  }

  List<String> names(int count) throws ProtocolException {
    if (count > Message.MAX_SHARED_NAMES) {
      throw wrong("has " + count + " names");
    }
    var names = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      names.add(name("name"));
    }
    return names;
  }

  String rest() throws ProtocolException {
    return decode(bytes(in.remaining()));
  }

  /** Strict, because the text appears in logs and tables. */
  private String decode(byte[] bytes) throws ProtocolException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw wrong("holds text that is not UTF-8");
    }
  }

  InetSocketAddress address() throws ProtocolException {
    int family = u8();
    if (family != 4 && family != 6) {
      throw wrong("has an address of family " + family);
    }
    byte[] bytes = bytes(family == 4 ? 4 : 16);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), u16());
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  void end() throws ProtocolException {
    if (in.hasRemaining()) {
      throw wrong("has " + in.remaining() + " extra bytes");
    }
  }
}
