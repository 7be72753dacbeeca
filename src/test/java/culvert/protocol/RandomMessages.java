package culvert.protocol;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Messages of every kind with random fields. */
final class RandomMessages {

  static final int KINDS = 24;

  private static final int[] LETTERS = {'a', 'Z', '.', 0xe4, 0x20ac, 0x1f600};

  private final Random random;

  RandomMessages(Random random) {
    this.random = random;
  }

  /** A message of one of the {@link #KINDS}. */
  Message message(int kind) {
    return switch (kind) {
      case 0 ->
          new Message.Hello(
              random.nextInt(256),
              random.nextInt(256),
              count(),
              count(),
              bytes(16),
              bytes(28),
              random.nextInt(),
              name(),
              name());
      case 1 ->
          new Message.Challenge(
              random.nextInt(256),
              random.nextBoolean(),
              count(),
              count(),
              bytes(16),
              bytes(28),
              random.nextInt(),
              name());
      case 2 -> new Message.Proof(bytes(random.nextBoolean() ? 32 : 0));
      case 15 ->
          new Message.Noise(
              random.nextInt(256),
              random.nextInt(256),
              name(),
              bytes(random.nextInt(Message.MAX_NOISE_BYTES)));
      case 3 -> new Message.Bye(any(ByeReason.values()), text(60));
      case 4 -> new Message.Offer("s" + text(30));
      case 5 -> new Message.Withdraw("s" + text(30));
      case 6 ->
          new Message.Offered(
              text(60),
              Stream.generate(() -> text(30)).limit(random.nextInt(5)).toList(),
              text(60));
      case 7 -> new Message.Open("s" + text(30), address(), address());
      case 19 -> new Message.OpenFlow("s" + text(30), address(), address());
      case 8 -> new Message.Accepted();
      case 9 -> new Message.Refused(any(StreamRefusedReason.values()), text(60));
      case 10 -> new Message.Window(count());
      case 11 -> new Message.HalfClose();
      case 12 -> new Message.Reset(any(StreamResetReason.values()));
      case 13 -> new Message.Ping(random.nextLong());
      case 14 -> new Message.Pong(random.nextLong());
      case 16 -> new Message.Register(random.nextBoolean());
      case 17 -> new Message.Declined(any(DeclinedReason.values()), "s" + text(30), text(60));
      case 18 ->
          new Message.Shared(
              "s" + text(30),
              random.nextInt(1 << 16),
              Stream.generate(this::name).limit(random.nextInt(Message.MAX_SHARED_NAMES)).toList());
      case 20 -> new Message.Client(name());
      case 21 -> new Message.Revoked(name(), text(60));
      case 22 -> new Message.Health(random.nextBoolean(), name());
      default -> new Message.Drain();
    };
  }

  private int count() {
    return 1 + random.nextInt(Integer.MAX_VALUE);
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Text of up to so many characters, some of them of four bytes. */
  private String name() {
    return "n" + random.nextLong(1L << 40);
  }

  String text(int most) {
    var text = new StringBuilder();
    for (int i = random.nextInt(most); i > 0; i--) {
      text.appendCodePoint(LETTERS[random.nextInt(LETTERS.length)]);
    }
    return text.toString();
  }

  private InetSocketAddress address() {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(bytes(random.nextBoolean() ? 4 : 16)), random.nextInt(65536));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private <T> T any(T[] values) {
    return List.of(values).get(random.nextInt(values.length));
  }
}
