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
 * A client that vanishes as a machine without power does: nothing comes from it any more, and
 * nothing that is said to it is acknowledged.
 */
@ExtendWith(LeakCheck.class)
@Timeout(90)
class SeveredClientTest {

  /** From then on until the port is there for others. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** Between visitors: less than between heartbeats. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** A server, a client behind a link, and what the client serves. */
  private static final class Setting implements AutoCloseable {
    final TestServer local = TestServer.echo();
    final BoreServer server = new BoreServer();
    final SeveredLink link = new SeveredLink(server.remote().boreAddress());
    final Client client = new Client(link.address(), local.address(), new Client.Options());
    final HostPort outside = client.announced();

    Setting() throws Exception {}

    /** A visitor that was served: all that the server has said to the client has arrived. */
    Socket served() throws IOException {
      Socket visitor = server.visit(outside.port());
      visitor.getOutputStream().write('?');
      assertThat(visitor.getInputStream().read()).isEqualTo('?');
      return visitor;
    }

    boolean isGivenBackWithin(Duration limit) throws Exception {
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
  void anIdleClientsPortIsGivenBack() throws Exception {
    try (var setting = new Setting()) {
      setting.served().close();
      setting.link.sever();
      setting.awaitPort();
    }
  }

  /** What waits to be acknowledged keeps the system from asking whether the client is there. */
  @Test
  void aVisitorWhoComesTooLateIsEnded() throws Exception {
    try (var setting = new Setting()) {
      setting.link.sever();
      try (var visitor = setting.server.visit(setting.outside.port())) {
        setting.awaitPort();
        assertThat(isOver(visitor)).isTrue();
      }
    }
  }

  @Test
  void aVisitorWhoWasServedIsEnded() throws Exception {
    try (var setting = new Setting();
        Socket visitor = setting.served()) {
      setting.link.sever();
      assertThat(isOver(visitor)).isTrue();
    }
  }

  /** A visitor that was served before tells nothing, and those who come keep the system busy. */
  @Test
  void visitorsWhoKeepComingDoNotHoldThePort() throws Exception {
    var visitors = new ArrayList<Socket>();
    try (var setting = new Setting()) {
      visitors.add(setting.served());
      setting.link.sever();
      long end = System.nanoTime() + LIMIT.toNanos();
      boolean given = false;
      while (!given) {
        assertThat(System.nanoTime()).as("the port is still held").isLessThan(end);
        visitors.add(setting.server.visit(setting.outside.port()));
        given = setting.isGivenBackWithin(PAUSE);
      }
      setting.awaitPort();
      assertThat(visitors.subList(1, visitors.size())).allMatch(SeveredClientTest::isOver);
    } finally {
      for (Socket visitor : visitors) {
        visitor.close();
      }
    }
  }

  /** It was given before the client could hear of the last visitor, of whom it never hears. */
  @Test
  void aSignOfLifeIsNoneForVisitorsAnnouncedLater() throws Exception {
    try (var server = new BoreServer();
        var link = new SeveredLink(server.remote().boreAddress());
        var control = new BoreMessages(new Socket(link.address().host(), link.address().port()))) {
      control.say("{\"Hello\":0}");
      int port = Integer.parseInt(control.hear().replaceAll("\\D", ""));
      assertThat(control.hear()).isEqualTo("\"Heartbeat\"");
      try (Socket first = server.visit(port)) {
        String id = control.announced();
        link.sever();
        try (Socket second = server.visit(port);
            BoreMessages channel = server.connect()) {
          server.awaitVisitors(2);
          channel.say("{\"Accept\":\"" + id + "\"}");
          channel.raw("x");
          assertThat(first.getInputStream().read()).isEqualTo('x');
          first.shutdownOutput();
          channel.leave();
          server.awaitLog(LIMIT, "service withdrawn", "bore:" + port);
          assertThat(isOver(second)).isTrue();
        }
      }
    }
  }

  private static boolean isOver(Socket visitor) {
    try {
      return visitor.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      // A reset is an end too.
      return true;
    }
  }
}
