package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two origin proxies of one remote proxy share one service, because both ask for it. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SharedServiceTest {

  private static final int VISITORS = 20;

  private static TestServer answering(char letter) throws IOException {
    return new TestServer(c -> c.getOutputStream().write(letter));
  }

  /** Starts an origin proxy with another name at the remote proxy of {@code tunnel}. */
  private static RolePair beside(RolePair tunnel, TestServer server) throws Exception {
    var options = new RolePair.Options().name("desktop").shared();
    var other = new RolePair(server.address(), options, tunnel.remote().controlAddress());
    other.join();
    other.awaitLog("session started");
    return other;
  }

  private static String answers(RolePair tunnel) throws IOException {
    var answers = new StringBuilder();
    for (int i = 0; i < VISITORS; i++) {
      try (Socket visitor = tunnel.visit()) {
        answers.append((char) visitor.getInputStream().read());
      }
    }
    return answers.toString();
  }

  private static long count(String answers, char letter) {
    return answers.chars().filter(c -> c == letter).count();
  }

  @Test
  void visitorsAreDistributedAndTheRemainingProxyServesAll() throws Exception {
    try (var here = answering('h');
        var there = answering('t');
        var tunnel = RolePair.to(here.address(), new RolePair.Options().shared());
        var other = beside(tunnel, there)) {
      tunnel.awaitLog("service offered", "desktop@", "shared_with=laptop");
      tunnel.awaitLog("service shared", "service=default", "origin_proxies=desktop");
      other.awaitLog("service shared", "service=default", "origin_proxies=laptop");
      String both = answers(tunnel);
      assertThat(count(both, 'h')).isGreaterThanOrEqualTo(VISITORS / 4);
      assertThat(count(both, 't')).isGreaterThanOrEqualTo(VISITORS / 4);
      assertThat(count(both, 'h') + count(both, 't')).isEqualTo(VISITORS);
      other.origin().close();
      tunnel.awaitLog("service withdrawn", "desktop@");
      tunnel.awaitLog("service no longer shared", "service=default");
      assertThat(answers(tunnel)).isEqualTo("h".repeat(VISITORS));
    }
  }

  @Test
  void visitorsOfOneProxySurviveTheEndOfTheOther() throws Exception {
    try (var here = TestServer.echo();
        var there = TestServer.echo();
        var tunnel = RolePair.to(here.address(), new RolePair.Options().shared());
        var other = beside(tunnel, there);
        Socket one = tunnel.visit();
        Socket two = tunnel.visit()) {
      for (Socket visitor : new Socket[] {one, two}) {
        visitor.getOutputStream().write('a');
        assertThat(visitor.getInputStream().read()).isEqualTo('a');
      }
      assertThat(here.accepted()).isEqualTo(1);
      assertThat(there.accepted()).isEqualTo(1);
      other.origin().close();
      tunnel.awaitLog("service withdrawn", "desktop@");
      int alive = 0;
      for (Socket visitor : new Socket[] {one, two}) {
        try {
          visitor.getOutputStream().write('b');
          alive += visitor.getInputStream().read() == 'b' ? 1 : 0;
        } catch (IOException e) {
          // The visitor's origin proxy has ended.
        }
      }
      assertThat(alive).isEqualTo(1);
    }
  }
}
