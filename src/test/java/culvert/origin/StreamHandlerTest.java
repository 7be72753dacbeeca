package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.protocol.StreamRefusedReason;
import culvert.session.IncomingStream;
import culvert.session.Visitor;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams that the test opens in place of a remote proxy. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class StreamHandlerTest {

  /** A stream that the handler has to refuse. */
  private static final class RefusedStream implements IncomingStream {
    final CompletableFuture<StreamRefusedReason> refusal = new CompletableFuture<>();

    @Override
    public Visitor visitor() {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
      return new Visitor("default", address, address);
    }

    @Override
    public Connection connection() {
      throw new AssertionError("the stream is used");
    }

    @Override
    public void accept() {
      throw new AssertionError("the stream is accepted");
    }

    @Override
    public void refuse(StreamRefusedReason reason, String why) {
      refusal.complete(reason);
    }
  }

  /** The settings name the port of a UDP server; the TCP port of its number is something else. */
  @Test
  void streamOfAUdpServiceReachesNoTcpPort() throws Exception {
    try (var tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var deadlines = new Deadlines();
        var log = new TestLog();
        var handler = handler(tcp, deadlines, log)) {
      var stream = new RefusedStream();
      handler.handle(stream);
      assertThat(stream.refusal).isCompletedWithValue(StreamRefusedReason.NO_SERVICE);
      tcp.setSoTimeout(1);
      assertThat(hasConnection(tcp)).isFalse();
    }
  }

  private static StreamHandler handler(ServerSocket tcp, Deadlines deadlines, TestLog log) {
    OriginSettings settings =
        new RolePair.Options()
            .udp()
            .originSettings(
                new HostPort("127.0.0.1", tcp.getLocalPort()),
                new RemoteAddress.Direct(new HostPort("127.0.0.1", 1)));
    var pool = new BufferPool();
    return new StreamHandler(
        () -> settings, new Dialer(pool), pool, deadlines, new Counters(), log.log());
  }

  private static boolean hasConnection(ServerSocket server) throws IOException {
    try {
      server.accept().close();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
