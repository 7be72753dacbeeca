package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ConnectionLimits;
import culvert.config.PortRange;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.origin.OriginProxy;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.ScriptedRemote;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** An origin proxy requests a port of the remote proxy. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OutsidePortTest {

  private static final PortRange PORTS = PortRange.parse("127.0.0.1:20000-29999");

  private static int given(RolePair tunnel) throws Exception {
    return given(tunnel, "default");
  }

  private static int given(RolePair tunnel, String service) throws Exception {
    tunnel.awaitLog("service offered", "service=" + service + ":");
    String offered = "service offered .*service=%s:(\\d+) address=127\\.0\\.0\\.1:(\\d+)";
    Matcher line = Pattern.compile(offered.formatted(service)).matcher(tunnel.log());
    assertThat(line.find()).as(tunnel.log()).isTrue();
    assertThat(line.group(1)).isEqualTo(line.group(2));
    return Integer.parseInt(line.group(1));
  }

  private static void assertServed(int port) throws IOException {
    try (var visitor = new Socket("127.0.0.1", port)) {
      visitor.setSoTimeout((int) RolePair.LIMIT.toMillis());
      visitor.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("hello");
    }
  }

  @Test
  void anyPortOfTheRangeServes() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().outsidePort(PORTS, 0))) {
      int port = given(tunnel);
      assertThat(PORTS.contains(port)).isTrue();
      assertServed(port);
    }
  }

  /** Three public addresses have reserved places: two requested ports, and the usual one. */
  @Test
  void visitorsOfOneRequestedPortLeavePlacesForTheOther() throws Exception {
    var options =
        new RolePair.Options()
            .admission(new ConnectionLimits(12, 12, 10, 10, 10))
            .outsidePort(PORTS, 0);
    var web = new RolePair.Options().name("desktop").offered("web").outsidePort(0);
    List<Socket> flood = new ArrayList<>();
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var other = new RolePair(server.address(), web, tunnel.remote().controlAddress())) {
      other.join();
      int flooded = given(tunnel);
      int spared = given(tunnel, "web");
      for (int i = 0; i < 12; i++) {
        flood.add(new Socket("127.0.0.1", flooded));
      }
      Counters counters = tunnel.remote().counters();
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(counters.get(Counter.VISITORS)).as("accepted").isEqualTo(12));
      assertServed(spared);
      assertThat(counters.get(Counter.VISITORS_OVER_LIMIT)).isEqualTo(4);
    } finally {
      for (Socket visitor : flood) {
        visitor.close();
      }
    }
  }

  @Test
  void listenerIsOpenWhileItsSessionLasts() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().outsidePort(PORTS, 0))) {
      int port = given(tunnel);
      tunnel.origin().close();
      tunnel.awaitLog("service withdrawn", "default:" + port);
      new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")).close();
    }
  }

  /** A port passes to another session only if its holder does not answer; this one does. */
  @Test
  void responsiveHolderKeepsItsPort() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().outsidePort(PORTS, 0))) {
      int port = given(tunnel);
      var second = new RolePair.Options().name("desktop").outsidePort(port);
      try (var other = new RolePair(server.address(), second, tunnel.remote().controlAddress())) {
        other.join();
        assertThat(other.end()).isEqualTo(OriginProxy.End.DECLINED);
        other.awaitLog("service declined", "default:" + port + ": port already in use");
      }
      assertServed(port);
    }
  }

  @Test
  void unresponsiveHolderLosesItsPort() throws Exception {
    var options = new RolePair.Options().outsidePort(PORTS, 0);
    try (var server = TestServer.echo();
        var tunnel = RolePair.overFaultyLink(server.address(), options)) {
      int port = given(tunnel);
      tunnel.link().silence();
      var second = new RolePair.Options().name("desktop").outsidePort(port);
      try (var other = new RolePair(server.address(), second, tunnel.remote().controlAddress())) {
        other.join();
        tunnel.awaitLog("service withdrawn", "laptop", "default:" + port);
        Eventually.within(RolePair.LIMIT, () -> assertServed(port));
      }
    }
  }

  /** Visitors reach the service at its previous port. */
  @Test
  void originProxyRequestsItsPreviousPortAfterAnOutage() throws Exception {
    var options = new RolePair.Options().retrying().outsidePort(PORTS, 0);
    try (var server = TestServer.echo();
        var tunnel = RolePair.overFaultyLink(server.address(), options)) {
      int port = given(tunnel);
      tunnel.link().breakAll();
      tunnel.awaitLog("session lost");
      Eventually.within(RolePair.LIMIT, () -> assertServed(port));
    }
  }

  @Test
  void originProxyRequestsAnyPortIfItsPreviousPortIsInUse() throws Exception {
    try (var remote = new ScriptedRemote();
        var server = TestServer.echo();
        var tunnel =
            new RolePair(
                server.address(),
                new RolePair.Options().secrets(null, null).retrying().outsidePort(0),
                remote.address())) {
      tunnel.join();
      try (var login = remote.accept("default:0")) {
        login.send(new Message.Offered("default:0", List.of("127.0.0.1:4711"), ""));
        login.send(new Message.Ping(1));
        assertThat(login.receive()).isEqualTo(new Message.Pong(1));
      }
      try (var login = remote.accept("default:4711")) {
        login.send(new Message.Offered("default:4711", List.of(), "port already in use"));
        assertThat(login.receive()).isEqualTo(new Message.Offer("default:0"));
      }
      // The public address stays the same if the port is free again, or was refused for the name.
      remote.accept("default:4711").close();
    }
  }

  @Test
  void portOutsideTheRangeIsDeclinedWithTheRange() throws Exception {
    try (var server = TestServer.echo();
        var tunnel =
            new RolePair(server.address(), new RolePair.Options().outsidePort(PORTS, 19_999))) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.DECLINED);
      tunnel.awaitLog("service declined", "client port number not in allowed range (20000-29999)");
    }
  }

  @Test
  void sessionCannotExceedItsPortLimit() throws Exception {
    var options = new RolePair.Options().secrets("a b c", "a b c").plain().outsidePort(PORTS, 0);
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var greedy = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      greedy.logIn("greedy", Handshake.newInstance(), "a b c");
      for (int i = 0; i < 256; i++) {
        assertThat(greedy.offer("s" + i + ":0").refusal()).isEmpty();
      }
      assertThat(greedy.offer("more:0").refusal()).contains("at most 256 ports");
      assertServed(given(tunnel));
    }
  }

  @Test
  void remoteProxyWithoutAPortRangeDeclines() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = new RolePair(server.address(), new RolePair.Options().outsidePort(0))) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.DECLINED);
      tunnel.awaitLog("it needs a --port-range");
    }
  }

  @Test
  void portServiceIsSeparateFromTheServiceOfTheSameName() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), new RolePair.Options().outsidePort(PORTS, 0));
        var visitor = new Socket("127.0.0.1", tunnel.outside().port())) {
      visitor.setSoTimeout((int) RolePair.LIMIT.toMillis());
      tunnel.awaitLog("visitor reset", "no origin proxy serves 'default' now");
      assertServed(given(tunnel));
    }
  }
}
