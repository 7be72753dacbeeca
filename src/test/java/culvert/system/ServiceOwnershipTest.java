package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.PortRange;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.Handshake;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Several origin proxies at one remote proxy want the same name, service or port. One of them has
 * it, and its visitors do not notice the others.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ServiceOwnershipTest {

  private static final PortRange PORTS = PortRange.parse("127.0.0.1:20000-29999");
  private static final Duration SHORT_PAUSE = Duration.ofMillis(200);

  /** Returns the remote proxy's settings: the name and service are those of the others. */
  private static RolePair.Options laptop() {
    return new RolePair.Options().name("laptop");
  }

  private static RolePair.Options desktop() {
    return new RolePair.Options().name("desktop");
  }

  /** Starts an origin proxy at the remote proxy of {@code tunnel}. */
  private static RolePair beside(RolePair tunnel, TestServer server, RolePair.Options options)
      throws IOException {
    var other = new RolePair(server.address(), options, tunnel.remote().controlAddress());
    other.join();
    return other;
  }

  private static void assertEchoed(Socket visitor) throws IOException {
    visitor.getOutputStream().write('a');
    assertThat(visitor.getInputStream().read()).isEqualTo('a');
  }

  private static void assertServed(RolePair tunnel) throws IOException {
    try (Socket visitor = tunnel.visit()) {
      assertEchoed(visitor);
    }
  }

  /** The second one used to cut the visitors of the first one and then to fail itself. */
  @Test
  void secondProcessOfTheNameWithAnUnknownServiceLeavesTheFirstOneServing() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop());
        Socket visitor = tunnel.visit()) {
      assertEchoed(visitor);
      try (var second = beside(tunnel, server, laptop().offered("mail"))) {
        assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
        second.awaitLog("service declined", "the remote proxy has no service 'mail'");
      }
      assertEchoed(visitor);
      assertServed(tunnel);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS_SUPERSEDED)).isZero();
      assertThat(tunnel.origin().counters().get(Counter.SESSIONS)).isEqualTo(1);
    }
  }

  @Test
  void secondProcessOfTheNameWithAPortOutOfRangeLeavesTheFirstOneServing() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop());
        Socket visitor = tunnel.visit()) {
      assertEchoed(visitor);
      try (var second = beside(tunnel, server, laptop().outsidePort(80))) {
        assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
      }
      assertEchoed(visitor);
      assertServed(tunnel);
    }
  }

  @Test
  void restartedProcessOfTheNameReplacesTheFirstOne() throws Exception {
    try (var here = new TestServer(c -> c.getOutputStream().write('h'));
        var there = new TestServer(c -> c.getOutputStream().write('t'));
        var tunnel = RolePair.to(here.address(), laptop());
        var second = beside(tunnel, there, laptop())) {
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.SUPERSEDED);
      second.awaitLog("session started");
      try (Socket visitor = tunnel.visit()) {
        assertThat(visitor.getInputStream().read()).isEqualTo('t');
      }
    }
  }

  /** Visitors used to alternate between two different origin servers. */
  @Test
  void processOfAnotherNameIsRefusedWhileTheFirstOneServes() throws Exception {
    try (var here = new TestServer(c -> c.getOutputStream().write('h'));
        var there = new TestServer(c -> c.getOutputStream().write('t'));
        var tunnel = RolePair.to(here.address(), laptop());
        var second = beside(tunnel, there, desktop())) {
      assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
      second.awaitLog(
          "service declined",
          "default: origin proxy 'laptop' serves it; to share its visitors, give --share to both");
      tunnel.awaitLog("offer declined", "desktop@", "origin proxy 'laptop' serves it");
      for (int i = 0; i < 5; i++) {
        try (Socket visitor = tunnel.visit()) {
          assertThat(visitor.getInputStream().read()).isEqualTo('h');
        }
      }
    }
  }

  @Test
  void sharingByOneSideOnlyIsRefused() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop());
        var second = beside(tunnel, server, desktop().shared())) {
      assertThat(second.end()).isEqualTo(OriginProxy.End.DECLINED);
      second.awaitLog("origin proxy 'laptop' serves it without --share");
    }
  }

  @Test
  void refusedProcessRetriesAndServesOnceTheFirstOneHasEnded() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop());
        var second = beside(tunnel, server, desktop().retryingWithin(SHORT_PAUSE))) {
      second.awaitLog("service declined", "again_in");
      tunnel.origin().close();
      second.awaitLog("session started");
      assertServed(tunnel);
    }
  }

  @Test
  void firstProcessThatDoesNotAnswerIsReplacedByOneOfAnotherName() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.overFaultyLink(server.address(), laptop())) {
      tunnel.link().silence();
      try (var second = beside(tunnel, server, desktop())) {
        second.awaitLog("session started");
        tunnel.awaitLog("service withdrawn", "laptop@", "service=default");
        assertServed(tunnel);
      }
    }
  }

  /** The listener stays open, so that no visitor is refused. */
  @Test
  void restartedProcessTakesOverThePortOfTheFirstOne() throws Exception {
    int port;
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop().outsidePort(PORTS, 0))) {
      tunnel.awaitLog("service offered", "address=127.0.0.1:");
      port =
          Integer.parseInt(tunnel.log().replaceAll("(?s).*address=127\\.0\\.0\\.1:(\\d+).*", "$1"));
      try (var second = beside(tunnel, server, laptop().outsidePort(port))) {
        assertThat(tunnel.end()).isEqualTo(OriginProxy.End.SUPERSEDED);
        second.awaitLog("session started");
        try (var visitor = new Socket("127.0.0.1", port)) {
          visitor.setSoTimeout((int) RolePair.LIMIT.toMillis());
          assertEchoed(visitor);
        }
      }
    }
  }

  /** Each process that loses its name is restarted at once, as a supervisor does. */
  @Test
  void clonesOfOneNameComeToRestWithOneLineAndOneServes() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), laptop())) {
      var clones = new ArrayList<RolePair>();
      try {
        RolePair holder = tunnel;
        for (int i = 0; i < 3; i++) {
          RolePair clone = beside(tunnel, server, laptop().retryingWithin(SHORT_PAUSE));
          clones.add(clone);
          assertThat(holder.end()).isEqualTo(OriginProxy.End.SUPERSEDED);
          clone.awaitLog("session started");
          holder = clone;
        }
        try (Socket visitor = tunnel.visit()) {
          assertEchoed(visitor);
          RolePair last = beside(tunnel, server, laptop().retryingWithin(SHORT_PAUSE));
          clones.add(last);
          last.awaitLog("service declined", "give each process a --name of its own");
          Eventually.within(
              RolePair.LIMIT,
              () ->
                  assertThat(tunnel.remote().counters().get(Counter.OFFERS_DECLINED))
                      .as("attempts of the last clone")
                      .isGreaterThanOrEqualTo(2));
          assertThat(last.log().lines().filter(line -> line.contains("declined"))).hasSize(1);
          assertThat(tunnel.remote().counters().get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(3);
          assertEchoed(visitor);
          assertServed(tunnel);
        }
      } finally {
        clones.forEach(RolePair::close);
      }
    }
  }

  /** Its offers carry no request to share. */
  @Test
  void originProxyOfVersion1DoesNotShareAService() throws Exception {
    var options = laptop().secrets("a b c", "a b c").plain().shared();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var old = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      old.logIn("old", Handshake.newInstance(), "a b c");
      assertThat(old.offer("default").refusal()).contains("origin proxy 'laptop' serves it");
      assertServed(tunnel);
    }
  }

  /** It takes over its name with the first offer that is accepted. */
  @Test
  void originProxyOfVersion1TakesOverItsNameWithAnAcceptedOfferOnly() throws Exception {
    var options = laptop().secrets("a b c", "a b c").plain();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var old = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      old.logIn("laptop", Handshake.newInstance(), "a b c");
      assertThat(old.offer("mail").refusal()).contains("has no service 'mail'");
      assertServed(tunnel);
      assertThat(old.offer("default").refusal()).isEmpty();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.SUPERSEDED);
    }
  }
}
