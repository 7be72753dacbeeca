package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.LeakCheck;
import culvert.testing.SeveredLink;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A client whose host loses power: nothing arrives from it any more, and nothing sent to it is
 * acknowledged.
 */
@ExtendWith(LeakCheck.class)
@Timeout(90)
class SeveredClientTest {

  /** Maximum time until the port is available to other clients. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** Time between visitors, shorter than between heartbeats. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** A server, a client behind a link that can be cut, and the origin server of the client. */
  private static final class Setting implements AutoCloseable {
    final TestServer local = TestServer.echo();
    final BoreServer server = new BoreServer();
    final SeveredLink link = new SeveredLink(server.remote().boreAddress());
    final Client client = new Client(link.address(), local.address(), new Client.Options());
    final HostPort outside = client.announced();

    Setting() throws Exception {}

    /** Returns a visitor that was served: everything the server sent to the client has arrived. */
    Socket servedVisitor() throws IOException {
      Socket visitor = server.visit(outside.port());
      visitor.getOutputStream().write('?');
      assertThat(visitor.getInputStream().read()).isEqualTo('?');
      return visitor;
    }

    boolean isReleasedWithin(Duration limit) throws Exception {
      try {
        server.awaitLog(limit, "service withdrawn", "bore:" + outside.port());
        return true;
      } catch (AssertionError e) {
        return false;
      }
    }

    void awaitPort() throws Exception {
      server.awaitLog(LIMIT, "service withdrawn", "bore:" + outside.port());
      server.join(outside.port()).close();
    }

    @Override
    public void close() throws IOException {
      client.close();
      link.close();
      server.close();
      local.close();
    }
  }

  @Test
  void portOfIdleClientIsReleased() throws Exception {
    try (var setting = new Setting()) {
      setting.servedVisitor().close();
      setting.link.sever();
      setting.awaitPort();
    }
  }

  /** Unacknowledged data keeps the system from sending keep-alive probes to the client. */
  @Test
  void visitorThatConnectsAfterTheFailureIsEnded() throws Exception {
    try (var setting = new Setting()) {
      setting.link.sever();
      try (var visitor = setting.server.visit(setting.outside.port())) {
        setting.awaitPort();
        assertThat(hasEnded(visitor)).isTrue();
      }
    }
  }

  @Test
  void servedVisitorIsEnded() throws Exception {
    try (var setting = new Setting();
        Socket visitor = setting.servedVisitor()) {
      setting.link.sever();
      assertThat(hasEnded(visitor)).isTrue();
    }
  }

  /** A visitor served before reveals nothing, and new ones keep unacknowledged data in flight. */
  @Test
  void continuousVisitorsDoNotHoldThePort() throws Exception {
    var visitors = new ArrayList<Socket>();
    try (var setting = new Setting()) {
      visitors.add(setting.servedVisitor());
      setting.link.sever();
      long end = System.nanoTime() + LIMIT.toNanos();
      boolean given = false;
      while (!given) {
        assertThat(System.nanoTime()).as("the port is still held").isLessThan(end);
        visitors.add(setting.server.visit(setting.outside.port()));
        given = setting.isReleasedWithin(PAUSE);
      }
      setting.awaitPort();
      assertThat(visitors.subList(1, visitors.size())).allMatch(SeveredClientTest::hasEnded);
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  /** The activity precedes the last announcement, which the client never receives. */
  @Test
  void activityDoesNotConfirmLaterAnnouncements() throws Exception {
    try (var server = new BoreServer();
        var link = new SeveredLink(server.remote().boreAddress());
        var control = new BoreMessages(new Socket(link.address().host(), link.address().port()))) {
      control.send("{\"Hello\":0}");
      int port = Integer.parseInt(control.receive().replaceAll("\\D", ""));
      assertThat(control.receive()).isEqualTo("\"Heartbeat\"");
      try (Socket first = server.visit(port)) {
        String id = control.announced();
        link.sever();
        try (Socket second = server.visit(port);
            BoreMessages channel = server.connect()) {
          server.awaitVisitors(2);
          channel.send("{\"Accept\":\"" + id + "\"}");
          channel.sendRaw("x");
          assertThat(first.getInputStream().read()).isEqualTo('x');
          first.shutdownOutput();
          channel.leave();
          server.awaitLog(LIMIT, "service withdrawn", "bore:" + port);
          assertThat(hasEnded(second)).isTrue();
        }
      }
    }
  }

  private static boolean hasEnded(Socket visitor) {
    try {
      return visitor.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      // A reset ends the connection too.
      return true;
    }
  }
}
