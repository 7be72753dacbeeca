package culvert.system;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Visitors of many loopback addresses that never read. */
final class StalledVisitors implements AutoCloseable {

  private static final int RECEIVE_BYTES = 4096;
  private static final int UPLOAD_BYTES = 64 * 1024;

  /** Descriptors of this process that are not connections. */
  private static final int OWN_DESCRIPTORS = 500;

  private final HostPort outside;
  private final IntFunction<String> greeting;
  private final List<SocketChannel> visitors = new ArrayList<>();

  StalledVisitors(HostPort outside) {
    this(outside, number -> "");
  }

  /** Each visitor sends a greeting, by its number, when it has connected. */
  StalledVisitors(HostPort outside, IntFunction<String> greeting) {
    this.outside = outside;
    this.greeting = greeting;
  }

  /** Returns how many can be connected if the origin server is in this process too. */
  static int possible() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/limits")).stream()
            .filter(candidate -> candidate.startsWith("Max open files"))
            .findFirst()
            .orElseThrow();
    return (Integer.parseInt(line.split(" {2,}")[1]) - OWN_DESCRIPTORS) / 2;
  }

  int size() {
    return visitors.size();
  }

  /** Connects more, each from an address that few others have. */
  void connect(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int n = visitors.size();
      var visitor = SocketChannel.open();
      visitors.add(visitor);
      visitor.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BYTES);
      byte[] source = {127, (byte) (1 + n % 5), (byte) (n / 5 % 250), 1};
      visitor.bind(new InetSocketAddress(InetAddress.getByAddress(source), 0));
      visitor.connect(new InetSocketAddress(outside.host(), outside.port()));
      visitor.write(StandardCharsets.US_ASCII.encode(greeting.apply(n)));
      visitor.configureBlocking(false);
    }
  }

  /** Sends as much as the system accepts at once from each. */
  void send() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(UPLOAD_BYTES);
    for (SocketChannel visitor : visitors) {
      try {
        visitor.write(bytes.clear());
      } catch (IOException e) {
        // Reset, because it holds too much.
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel visitor : visitors) {
      visitor.close();
    }
  }
}
