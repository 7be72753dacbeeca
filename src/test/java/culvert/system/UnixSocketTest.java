package culvert.system;

import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.ProxyHeader;
import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.RunningRoles;
import culvert.testing.TestServer;
import culvert.testing.UnixServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Visitors of a service whose origin server listens at a Unix socket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnixSocketTest {

  private static final String WEB = "web=127.0.0.1:0";
  private static final int BULK = 3_000_000;

  @TempDir private Path folder;

  private final RolePair.Options options = new RolePair.Options();
  private Path path;
  private UnixServer server;
  private RunningRoles roles;

  @BeforeEach
  void start() throws Exception {
    path = folder.resolve("socket");
  }

  @AfterEach
  void close() throws Exception {
    roles.close();
    server.close();
  }

  private void join(UnixServer started) throws Exception {
    server = started;
    roles = new RunningRoles(options, WEB).join("web=" + started.address());
  }

  @Test
  void bytesPassInBothDirections() throws Exception {
    byte[] bytes = new byte[BULK];
    new Random(7).nextBytes(bytes);
    join(UnixServer.echo(path));
    assertThat(server.address()).startsWith("unix:/");
    try (Socket visitor = roles.visit("web")) {
      assertEchoes(visitor, "hello");
      Thread sender = Threads.start("sender", () -> send(visitor, bytes));
      assertThat(visitor.getInputStream().readAllBytes()).isEqualTo(bytes);
      sender.join();
    }
  }

  private static void send(Socket visitor, byte[] bytes) {
    try {
      visitor.getOutputStream().write(bytes);
      visitor.shutdownOutput();
    } catch (IOException e) {
      // The reader reports the missing bytes.
    }
  }

  @Test
  void visitorIsResetWhileTheServerDoesNotListen() throws Exception {
    join(UnixServer.echo(path));
    server.close();
    try (Socket visitor = roles.visit("web")) {
      visitor.getOutputStream().write(1);
      assertThat(visitor.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
    roles.awaitLog("origin server not reached", "service=web", "unix:" + path);
    server = UnixServer.echo(path);
    roles.awaitEcho("web");
  }

  @Test
  void reloadMovesTheServerOfNewVisitors() throws Exception {
    server =
        new UnixServer(
            path,
            connection -> {
              write(connection, "unix");
              Channels.newInputStream(connection).transferTo(OutputStream.nullOutputStream());
            });
    try (TestServer echo = TestServer.echo()) {
      roles = new RunningRoles(options, WEB).join("web=" + echo.address());
      try (Socket before = roles.visit("web")) {
        assertEchoes(before, "before");
        roles.reloadOrigin("web=" + server.address());
        try (Socket visitor = roles.visit("web")) {
          assertThat(firstBytes(visitor.getInputStream(), 4)).isEqualTo("unix");
          roles.reloadOrigin("web=" + echo.address());
          roles.awaitEcho("web");
          assertEchoes(before, "after");
        }
      }
    }
  }

  private static String firstBytes(InputStream in, int count) throws IOException {
    return new String(in.readNBytes(count), StandardCharsets.US_ASCII);
  }

  private static void write(SocketChannel connection, String text) throws IOException {
    UnixServer.write(connection, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void proxyHeaderPrecedesTheVisitorsBytes() throws Exception {
    options.proxyHeader(ProxyHeader.Version.V1);
    join(
        new UnixServer(
            path,
            connection -> {
              InputStream in = Channels.newInputStream(connection);
              write(connection, firstBytes(in, 11));
              in.transferTo(OutputStream.nullOutputStream());
            }));
    try (Socket visitor = roles.visit("web")) {
      visitor.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      assertThat(firstBytes(visitor.getInputStream(), 11)).isEqualTo("PROXY TCP4 ");
    }
  }

  @Test
  void serverAtAUnixSocketHasHealthChecks() throws Exception {
    options.healthChecks(Rules.check("http:/", Duration.ofMillis(100), RolePair.LIMIT, 3));
    join(
        new UnixServer(
            path,
            connection -> {
              InputStream in = Channels.newInputStream(connection);
              String request = firstBytes(in, 33);
              boolean isRight = request.equals("GET / HTTP/1.1\r\nHost: localhost\r\n");
              write(connection, "HTTP/1.1 " + (isRight ? 503 : 500) + " Text\r\n\r\n");
              in.transferTo(OutputStream.nullOutputStream());
            }));
    roles.awaitLog("origin server unhealthy", "service=web", "unix:" + path, "HTTP status 503");
  }
}
