package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.Balance;
import culvert.config.NetworkRules;
import culvert.config.PerService;
import culvert.config.ServiceRules;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.Rules;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Visitors of a service that two origin proxies share, each with an origin server of its own. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BalanceTest {

  private final RolePair.Options options = new RolePair.Options().shared().name("laptop");
  private final List<Socket> visitors = new ArrayList<>();
  private TestServer here;
  private TestServer there;
  private RolePair tunnel;
  private RolePair second;

  @BeforeEach
  void start() throws Exception {
    here = server('h');
    there = server('t');
    tunnel = RolePair.to(here.address(), options);
    second =
        new RolePair(
            there.address(),
            new RolePair.Options().shared().name("desktop"),
            tunnel.remote().controlAddress());
    second.join();
    tunnel.awaitLog("service offered", "shared_with=laptop");
  }

  private static TestServer server(char answer) throws IOException {
    return new TestServer(connection -> {
      connection.getOutputStream().write(answer);
      connection.getInputStream().read();
    });
  }

  @AfterEach
  void close() throws Exception {
    for (Socket visitor : visitors) {
      visitor.close();
    }
    second.close();
    tunnel.close();
    there.close();
    here.close();
  }

  private void setBalance(Balance policy) {
    options.rules(
        new ServiceRules(
            NetworkRules.NONE, Rules.forAll(policy), PerService.none(), PerService.none()));
    tunnel.remote().reload(options.remoteSettings());
  }

  /** Returns which origin server a new visitor reaches; it stays connected. */
  private char visit(String source) throws IOException {
    visitors.add(TestClient.dial(tunnel.outside(), source));
    return (char) visitors.getLast().getInputStream().read();
  }

  private String visits(int count, String source) throws IOException {
    var reached = new StringBuilder();
    for (int i = 0; i < count; i++) {
      reached.append(visit(source));
    }
    return reached.toString();
  }

  @Test
  void visitorsAreSpreadInTurnByDefault() throws Exception {
    assertThat(visits(4, "127.0.0.1")).isIn("htht", "thth");
  }

  @Test
  void originProxyWhoseVisitorsHaveLeftGetsTheNextOnes() throws Exception {
    setBalance(Balance.FEWEST_CONNECTIONS);
    String first = visits(4, "127.0.0.1");
    assertThat(first.chars()).filteredOn(one -> one == 'h').hasSize(2);
    for (int i = 0; i < 4; i++) {
      if (first.charAt(i) == 'h') {
        visitors.get(i).close();
      }
    }
    Eventually.within(RolePair.LIMIT, () -> assertThat(tunnel.remote().visitors()).isEqualTo(2));
    assertThat(visits(2, "127.0.0.1")).isEqualTo("hh");
  }

  @Test
  void visitorsOfOneAddressReachTheSameOriginServer() throws Exception {
    setBalance(Balance.SOURCE);
    for (int i = 1; i < 6; i++) {
      assertThat(visits(3, "127.0.0." + i)).isIn("hhh", "ttt");
    }
  }

  @Test
  void reloadChangesThePolicyForTheNextVisitors() throws Exception {
    setBalance(Balance.SOURCE);
    assertThat(visits(3, "127.0.0.1")).isIn("hhh", "ttt");
    setBalance(Balance.ROUND_ROBIN);
    assertThat(visits(4, "127.0.0.1")).isIn("htht", "thth");
  }
}
