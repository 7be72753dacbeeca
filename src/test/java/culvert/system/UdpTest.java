package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.protocol.Handshake;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.ScriptedRemote;
import culvert.testing.TransportVariant;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** UDP services through both roles. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UdpTest {

  private static final byte[] PING = {'p'};

  @TempDir private Path folder;

  private static RolePair.Options udp() {
    return new RolePair.Options().udp().everyLine();
  }

  private static UdpClient visit(RolePair tunnel) throws IOException {
    return new UdpClient(tunnel.outside());
  }

  private static void assertNothingHeldAfterClose(RolePair tunnel) {
    tunnel.close();
    assertThat(tunnel.remote().flows()).isZero();
    assertThat(tunnel.origin().flows()).isZero();
    assertThat(tunnel.remote().heldBytes() + tunnel.origin().heldBytes()).isZero();
  }

  private static void awaitFlows(RolePair tunnel, int count) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          assertThat(tunnel.remote().flows()).isEqualTo(count);
          assertThat(tunnel.origin().flows()).isEqualTo(count);
        });
  }

  @ParameterizedTest
  @EnumSource
  void datagramsOfZeroToMaxBytesPassWholeOnEachTransport(TransportVariant transport)
      throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), transport.options(folder).udp());
        var visitor = visit(tunnel)) {
      for (int length : new int[] {1, 0, 1500, 2049, 65_507}) {
        byte[] sent = RandomBytes.of(length);
        visitor.send(sent);
        assertThat(visitor.receive()).isEqualTo(sent);
      }
      awaitFlows(tunnel, 1);
      assertThat(tunnel.remote().counters().get(Counter.DATAGRAMS_DROPPED)).isZero();
      assertThat(tunnel.origin().counters().get(Counter.DATAGRAMS_DROPPED)).isZero();
    }
  }

  @Test
  void eachVisitorHasAFlowOfItsOwn() throws Exception {
    try (var server =
            new UdpServer((source, datagram) ->
                ByteBuffer.allocate(4 + datagram.length)
                    .putInt(source.getPort())
                    .put(datagram)
                    .array());
        var tunnel = RolePair.to(server.address(), udp());
        var one = visit(tunnel);
        var other = visit(tunnel)) {
      byte[] first = one.ask(new byte[] {1});
      byte[] second = other.ask(new byte[] {2});
      assertThat(first).endsWith(1);
      assertThat(second).endsWith(2);
      assertThat(ByteBuffer.wrap(first).getInt()).isNotEqualTo(ByteBuffer.wrap(second).getInt());
      assertThat(one.ask(new byte[] {1})).isEqualTo(first);
      awaitFlows(tunnel, 2);
      assertThat(tunnel.origin().counters().get(Counter.FLOWS)).isEqualTo(2);
    }
  }

  @Test
  void idleFlowEndsOnBothSidesAndIsLoggedWithTheVisitorsAddress() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), udp().flowTimeout(Duration.ofSeconds(1)));
        var visitor = visit(tunnel)) {
      visitor.send(PING);
      assertThat(visitor.receive()).isEqualTo(PING);
      String name = "visitor=127.0.0.1:" + visitor.port();
      tunnel.awaitLog("flow ended", name, "in=1", "out=1", "datagrams_in=1", "reason=idle");
      awaitFlows(tunnel, 0);
      visitor.send(PING);
      assertThat(visitor.receive()).isEqualTo(PING);
      assertThat(tunnel.remote().counters().get(Counter.FLOWS)).isEqualTo(2);
      assertThat(tunnel.origin().counters().get(Counter.FLOWS)).isEqualTo(2);
    }
  }

  @Test
  void icmpErrorEndsOneFlowOnlyAndTheNextDatagramOpensAnother() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), udp());
        var kept = visit(tunnel);
        var refused = visit(tunnel)) {
      server.acceptOnlyNextSource();
      kept.ask(PING);
      refused.send(PING);
      tunnel.awaitLog("origin server not reached", "visitor=127.0.0.1:" + refused.port());
      tunnel.awaitLog("flow ended", "reason=origin-unreachable");
      awaitFlows(tunnel, 1);
      assertThat(kept.ask(PING)).isEqualTo(PING);
      assertThat(tunnel.origin().counters().get(Counter.SESSIONS)).isEqualTo(1);
      assertThat(tunnel.remote().counters().get(Counter.FLOWS)).isEqualTo(2);
      int port = server.address().port();
      server.stop();
      try (var again = new UdpServer(port, (source, datagram) -> datagram)) {
        assertThat(again.address().port()).isEqualTo(port);
        assertThat(refused.ask(PING)).isEqualTo(PING);
      }
    }
  }

  @Test
  void proxyHeaderPrecedesTheFirstDatagramOfAFlow() throws Exception {
    BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    try (var server =
            new UdpServer((source, datagram) -> {
              received.add(datagram);
              return datagram;
            });
        var tunnel = RolePair.to(server.address(), udp().proxyHeader(ProxyHeader.Version.V2));
        var visitor = visit(tunnel)) {
      visitor.send(PING);
      visitor.receive();
      visitor.send(PING);
      visitor.receive();
      int outside = tunnel.outside().port();
      String header =
          String.format(
              "0d0a0d0a000d0a515549540a 21 12 000c 7f000001 7f000001 %04x %04x",
              visitor.port(), outside);
      assertThat(received.take())
          .isEqualTo(HexFormat.of().parseHex(header.replace(" ", "") + "70"));
      assertThat(received.take()).isEqualTo(PING);
    }
  }

  /** Otherwise the visitor's next datagram could begin with a header of its own. */
  @Test
  void proxyHeaderIsSentAlthoughTheFirstDatagramIsTooLongForIt() throws Exception {
    BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    try (var server =
            new UdpServer((source, datagram) -> {
              received.add(datagram);
              return datagram;
            });
        var tunnel = RolePair.to(server.address(), udp().proxyHeader(ProxyHeader.Version.V2));
        var visitor = visit(tunnel)) {
      visitor.send(new byte[65_480]);
      visitor.send(PING);
      byte[] first = received.take();
      assertThat(first).hasSize(28 + PING.length).endsWith(PING);
      assertThat(HexFormat.of().formatHex(first)).startsWith("0d0a0d0a000d0a515549540a2112");
      assertThat(tunnel.origin().counters().get(Counter.DATAGRAMS_DROPPED)).isEqualTo(1);
    }
  }

  @Test
  void datagramsOfAServiceWithoutSessionAreCountedAndServedLater() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = new RolePair(server.address(), udp());
        var visitor = visit(tunnel)) {
      visitor.send(PING);
      tunnel.awaitLog("datagram dropped", "visitor=127.0.0.1:" + visitor.port(), "unserved");
      assertThat(tunnel.remote().counters().get(Counter.DATAGRAMS_UNSERVED)).isPositive();
      tunnel.join();
      assertThat(visitor.ask(PING)).isEqualTo(PING);
    }
  }

  @Test
  void flowsEndWithTheSessionAndTheNextDatagramUsesAnother() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel =
            RolePair.overFaultyLink(
                server.address(), udp().retryingWithin(Duration.ofMillis(100)));
        var visitor = visit(tunnel)) {
      visitor.ask(PING);
      tunnel.link().breakAll();
      tunnel.awaitLog("flow ended", "reason=link-lost");
      assertThat(visitor.ask(PING)).isEqualTo(PING);
    }
  }

  @Test
  void floodOfOneAddressLeavesTheFlowsOfOthers() throws Exception {
    int max = 50;
    BlockingQueue<InetSocketAddress> sources = new LinkedBlockingQueue<>();
    try (var server =
            new UdpServer((source, datagram) -> {
              sources.add(source);
              return datagram;
            });
        var tunnel = RolePair.to(server.address(), udp().maxFlows(max));
        var canary = new UdpClient(tunnel.outside(), address(9))) {
      canary.ask(PING);
      InetSocketAddress source = sources.take();
      for (int i = 0; i < 4 * max; i++) {
        try (var visitor = new UdpClient(tunnel.outside(), address(1))) {
          visitor.ask(PING);
        }
      }
      tunnel.awaitLog("limits set", "max-flows=" + max);
      assertThat(tunnel.remote().flows()).isLessThanOrEqualTo(max);
      assertThat(tunnel.remote().counters().get(Counter.FLOWS_EVICTED)).isPositive();
      tunnel.awaitLog("flow ended", "reason=evicted");
      sources.clear();
      canary.ask(PING);
      assertThat(sources).contains(source);
    }
  }

  /** The addresses of datagrams can be forged; the canary's visitor has answered an answer. */
  @Test
  void floodOfManyAddressesLeavesAConfirmedFlow() throws Exception {
    int max = 50;
    BlockingQueue<InetSocketAddress> sources = new LinkedBlockingQueue<>();
    try (var server =
            new UdpServer((source, datagram) -> {
              sources.add(source);
              return datagram;
            });
        var tunnel = RolePair.to(server.address(), udp().maxFlows(max));
        var canary = new UdpClient(tunnel.outside(), address(200))) {
      canary.ask(PING);
      canary.ask(PING);
      InetSocketAddress source = sources.take();
      for (int i = 1; i <= 4 * max; i++) {
        try (var visitor = new UdpClient(tunnel.outside(), address(i))) {
          visitor.ask(PING);
        }
      }
      assertThat(tunnel.remote().counters().get(Counter.FLOWS_EVICTED)).isPositive();
      sources.clear();
      canary.ask(PING);
      assertThat(sources).contains(source);
    }
  }

  /** All of 127.0.0.0/8 is loopback. */
  private static InetAddress address(int host) throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 1, (byte) host});
  }

  @Test
  void closeOfTheRemoteProxyFreesThePortAndEndsEveryFlow() throws Exception {
    HostPort outside;
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), udp());
        var visitor = visit(tunnel)) {
      visitor.ask(PING);
      outside = tunnel.outside();
      assertNothingHeldAfterClose(tunnel);
    }
    try (var next = new UdpServer(outside.port(), (source, datagram) -> datagram)) {
      assertThat(next.address().port()).isEqualTo(outside.port());
    }
  }

  @Test
  void dnsQueryIsAnswered() throws Exception {
    String query =
        "1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001".replace(" ", "");
    String answer =
        query.replace("123401000001", "123481800001").replaceFirst("^(.{12})0000", "$10001")
            + "c00c 0001 0001 0000003c 0004 c0000201".replace(" ", "");
    try (var server =
            new UdpServer((source, datagram) ->
                HexFormat.of().formatHex(datagram).equals(query)
                    ? HexFormat.of().parseHex(answer)
                    : null);
        var tunnel = RolePair.to(server.address(), udp());
        var visitor = visit(tunnel)) {
      assertThat(HexFormat.of().formatHex(visitor.ask(HexFormat.of().parseHex(query))))
          .isEqualTo(answer);
    }
  }

  @Test
  void datagramsWaitForTheLookupOfTheOriginServer() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(new HostPort("localhost", server.address().port()), udp());
        var visitor = visit(tunnel)) {
      visitor.send(PING);
      assertThat(visitor.receive()).isEqualTo(PING);
    }
  }

  @Test
  void originProxyOfVersionOneReceivesAReadableRefusal() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = new RolePair(server.address(), udp().plain());
        var old = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      tunnel.join();
      old.logIn("old", Handshake.newInstance(), RolePair.SECRET);
      assertThat(old.offer("default").refusal())
          .startsWith("service 'default' is of type UDP at the remote proxy, and the origin proxy")
          .contains("offers it as TCP");
    }
  }

  /** It would hold the service, whose datagrams it cannot receive. */
  @Test
  void originProxyWithoutTheFeatureDoesNotGetAUdpService() throws Exception {
    try (var server = UdpServer.echo();
        var tunnel = new RolePair(server.address(), udp().plain());
        var old = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1");
        var visitor = visit(tunnel)) {
      old.logIn("old", Handshake.newInstance(), RolePair.SECRET);
      assertThat(old.offer("default/udp").refusal())
          .isEqualTo(
              "the origin proxy does not support UDP services; update it to the version of this"
                  + " side");
      tunnel.awaitLog("offer declined", "service=default/udp", "does not support UDP services");
      tunnel.join();
      assertThat(visitor.ask(PING)).isEqualTo(PING);
    }
  }

  @Test
  void udpServiceIsDeclinedByRemoteProxyWithTcpService() throws Exception {
    try (var server = UdpServer.echo();
        var remote = RolePair.to(server.address(), new RolePair.Options().plain());
        var origin = new ScriptedOrigin(remote.remote().controlAddress(), "127.0.0.1")) {
      origin.logIn("old", Handshake.newInstance(), RolePair.SECRET);
      assertThat(origin.offer("default/udp").refusal()).contains("of type TCP", "offers it as UDP");
      assertThat(origin.offer("dns/udp").refusal()).contains("no service 'dns'");
      assertThat(origin.offer("default:0/udp").refusal()).contains("for TCP services only");
    }
  }

  @Test
  void remoteProxyOfVersionOneEndsAnOriginProxyWithUdpServicesOnly() throws Exception {
    try (var remote = new ScriptedRemote();
        var tunnel =
            new RolePair(
                new HostPort("127.0.0.1", 1),
                udp().secrets(null, null).retrying(),
                remote.address())) {
      Threads.start(
          "remote",
          () -> {
            try {
              remote.acceptLogin();
            } catch (IOException e) {
              // The test fails with the reason of the end.
            }
          });
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.DECLINED);
      tunnel.awaitLog("the remote proxy does not support UDP services");
    }
  }

  /** Each flow has a socket at the origin proxy; the visitors' sockets are closed at once. */
  @Test
  @Tag("full")
  void tenThousandFlowsStayWithinMemoryAndDescriptors() throws Exception {
    int count = 10_000;
    try (var server = UdpServer.echo();
        var tunnel = RolePair.to(server.address(), udp())) {
      long heapBefore = usedHeap();
      long filesBefore = openFiles();
      List<UdpClient> kept = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        // A port may be used again, but seldom with the same address.
        var visitor = new UdpClient(tunnel.outside(), address(1 + i % 200));
        visitor.ask(PING);
        if (i % 1000 == 0) {
          kept.add(visitor);
        } else {
          visitor.close();
        }
      }
      int flows = tunnel.remote().flows();
      assertThat(flows).isGreaterThan(count - count / 100);
      long heap = (usedHeap() - heapBefore) / flows;
      System.out.println(flows + " flows take " + heap + " bytes of heap each in both roles");
      assertThat(heap).as("bytes of heap for each flow").isLessThan(8 * 1024);
      assertThat(openFiles() - filesBefore)
          .as("descriptors")
          .isLessThanOrEqualTo(tunnel.origin().flows() + kept.size() + 100);
      for (UdpClient visitor : kept) {
        assertThat(visitor.ask(PING)).isEqualTo(PING);
        visitor.close();
      }
    }
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long openFiles() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.exists(descriptors));
    try (Stream<Path> files = Files.list(descriptors)) {
      return files.count();
    }
  }
}
