package culvert.protocol;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Encodes and decodes the payloads that {@link Message} documents. */
final class MessageCodec {

  /** Maximum length of a text for users in bytes; longer text is truncated. */
  private static final int MAX_TEXT_BYTES = 500;

  private MessageCodec() {}

  static void write(ByteBuffer out, long stream, Message message) {
    int start = out.position();
    out.position(start + Frame.HEADER_BYTES);
    FrameType type = payload(out, message);
    int end = out.position();
    out.position(start);
    Frame.write(out, type, end - start - Frame.HEADER_BYTES, stream);
    out.position(end);
  }

  private static FrameType payload(ByteBuffer out, Message message) {
    switch (message) {
      case Message.Hello m -> {
        out.put((byte) m.minVersion()).put((byte) m.maxVersion());
        greeting(out, m.opens(), m.streams(), m.instance(), m.nonce(), m.features());
        shortText(out, m.name());
        shortText(out, m.transport());
        return FrameType.HELLO;
      }
      case Message.Challenge m -> {
        out.put((byte) m.version()).put((byte) (m.proofWanted() ? 1 : 0));
        greeting(out, m.opens(), m.streams(), m.instance(), m.nonce(), m.features());
        shortText(out, m.transport());
        return FrameType.CHALLENGE;
      }
      case Message.Noise m -> {
        out.put((byte) m.minVersion()).put((byte) m.maxVersion());
        shortText(out, m.protocol());
        out.putShort((short) m.message().length).put(m.message());
        return FrameType.NOISE;
      }
      case Message.Client m -> {
        out.put(utf8(m.name()));
        return FrameType.CLIENT;
      }
      case Message.Proof m -> {
        out.put(m.mac());
        return FrameType.PROOF;
      }
      case Message.Bye m -> {
        out.putShort((short) m.reason().code()).put(cut(m.text()));
        return FrameType.BYE;
      }
      case Message.Offer m -> {
        out.put(utf8(m.service()));
        return FrameType.OFFER;
      }
      case Message.Withdraw m -> {
        out.put(utf8(m.service()));
        return FrameType.WITHDRAW;
      }
      case Message.Offered m -> {
        shortText(out, m.service());
        out.put((byte) m.addresses().size());
        m.addresses().forEach(address -> shortText(out, address));
        out.put(cut(m.refusal()));
        return FrameType.OFFERED;
      }
      case Message.Register m -> {
        out.put((byte) (m.isShared() ? 1 : 0));
        return FrameType.REGISTER;
      }
      case Message.Declined m -> {
        out.putShort((short) m.reason().code());
        shortText(out, m.offer());
        out.put(cut(m.text()));
        return FrameType.DECLINED;
      }
      case Message.Shared m -> {
        shortText(out, m.service());
        out.putShort((short) m.others()).put((byte) m.names().size());
        m.names().forEach(name -> shortText(out, name));
        return FrameType.SHARED;
      }
      case Message.Revoked m -> {
        shortText(out, m.service());
        out.put(cut(m.text()));
        return FrameType.REVOKED;
      }
      case Message.Health m -> {
        out.put((byte) (m.isHealthy() ? 1 : 0)).put(utf8(m.service()));
        return FrameType.HEALTH;
      }
      case Message.Open m -> {
        visit(out, m.service(), m.visitor(), m.reached());
        return FrameType.OPEN;
      }
      case Message.OpenFlow m -> {
        visit(out, m.service(), m.visitor(), m.reached());
        return FrameType.OPEN_FLOW;
      }
      case Message.Accepted m -> {
        return FrameType.ACCEPTED;
      }
      case Message.Refused m -> {
        out.putShort((short) m.reason().code()).put(cut(m.text()));
        return FrameType.REFUSED;
      }
      case Message.Window m -> {
        out.putInt(m.bytes());
        return FrameType.WINDOW;
      }
      case Message.HalfClose m -> {
        return FrameType.HALF_CLOSE;
      }
      case Message.Reset m -> {
        out.putShort((short) m.reason().code());
        return FrameType.RESET;
      }
      case Message.Ping m -> {
        out.putLong(m.token());
        return FrameType.PING;
      }
      case Message.Pong m -> {
        out.putLong(m.token());
        return FrameType.PONG;
      }
      case Message.Drain m -> {
        return FrameType.DRAIN;
      }
    }
  }

  static Message read(Frame frame, ByteBuffer in) throws ProtocolException {
    PayloadFields fields = new PayloadFields(frame.type(), in);
    Message message =
        switch (frame.type()) {
          case HELLO ->
              new Message.Hello(
                  fields.u8(),
                  fields.u8(),
                  fields.count("opens"),
                  fields.count("streams"),
                  fields.bytes(Message.INSTANCE_BYTES),
                  fields.bytes(Message.NONCE_BYTES),
                  fields.u32(),
                  fields.name("name"),
                  fields.name("transport"));
          case CHALLENGE ->
              new Message.Challenge(
                  fields.u8(),
                  fields.flag(),
                  fields.count("opens"),
                  fields.count("streams"),
                  fields.bytes(Message.INSTANCE_BYTES),
                  fields.bytes(Message.NONCE_BYTES),
                  fields.u32(),
                  fields.name("transport"));
          case NOISE ->
              new Message.Noise(
                  fields.u8(), fields.u8(), fields.name("protocol"), fields.bytes(fields.u16()));
          case CLIENT -> new Message.Client(fields.nameToTheEnd("client"));
          case PROOF -> new Message.Proof(fields.bytes(in.remaining()));
          case BYE -> new Message.Bye(ByeReason.of(fields.u16()), fields.rest());
          case OFFER -> new Message.Offer(fields.rest());
          case WITHDRAW -> new Message.Withdraw(fields.rest());
          case OFFERED ->
              new Message.Offered(fields.text(), fields.texts(fields.u8()), fields.rest());
          case REGISTER -> new Message.Register(fields.flag());
          case DECLINED ->
              new Message.Declined(DeclinedReason.of(fields.u16()), fields.text(), fields.rest());
          case SHARED -> new Message.Shared(fields.text(), fields.u16(), fields.names(fields.u8()));
          case REVOKED -> new Message.Revoked(fields.name("service"), fields.rest());
          case HEALTH -> new Message.Health(fields.flag(), fields.nameToTheEnd("service"));
          case OPEN -> new Message.Open(fields.text(), fields.address(), fields.address());
          case OPEN_FLOW -> new Message.OpenFlow(fields.text(), fields.address(), fields.address());
          case ACCEPTED -> new Message.Accepted();
          case REFUSED -> new Message.Refused(StreamRefusedReason.of(fields.u16()), fields.rest());
          case WINDOW -> new Message.Window(fields.count("bytes"));
          case HALF_CLOSE -> new Message.HalfClose();
          case RESET -> new Message.Reset(StreamResetReason.of(fields.u16()));
          case PING -> new Message.Ping(fields.token());
          case PONG -> new Message.Pong(fields.token());
          case DRAIN -> new Message.Drain();
          case DATA, DATAGRAM ->
              throw new IllegalArgumentException(frame.type() + " is not a message");
        };
    fields.end();
    return message;
  }

  private static void greeting(
      ByteBuffer out, int opens, int streams, byte[] instance, byte[] nonce, int features) {
    out.putInt(opens).putInt(streams).put(instance).put(nonce).putInt(features);
  }

  private static void visit(
      ByteBuffer out, String service, InetSocketAddress visitor, InetSocketAddress reached) {
    shortText(out, service);
    address(out, visitor);
    address(out, reached);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void shortText(ByteBuffer out, String text) {
    byte[] bytes = utf8(text);
    if (bytes.length > 255) {
      throw new IllegalArgumentException("'" + text + "' is longer than 255 bytes");
    }
    out.put((byte) bytes.length).put(bytes);
  }

  private static byte[] cut(String text) {
    int chars = text.length();
    while (utf8(text.substring(0, chars)).length > MAX_TEXT_BYTES) {
      chars = Math.min(chars - 1, MAX_TEXT_BYTES);
    }
    return utf8(text.substring(0, chars));
  }

  private static void address(ByteBuffer out, InetSocketAddress address) {
    byte[] bytes = address.getAddress().getAddress();
    out.put((byte) (bytes.length == 4 ? 4 : 6)).put(bytes).putShort((short) address.getPort());
  }
}
