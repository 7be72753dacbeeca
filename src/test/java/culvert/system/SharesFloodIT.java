package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Ports;
import culvert.testing.TestServer;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Floods of visitors to one service, while a canary uses another service of the same two processes,
 * which run with their defaults.
 */
@Timeout(120)
class SharesFloodIT {

  private static final Duration BRIEFLY = Duration.ofSeconds(4);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int VISITORS_A_SECOND = 150;
  private static final int IDLE_VISITORS = 200;

  /** The flood's source; the canary comes from another one. */
  private static final String SOURCE = "127.0.0.2";

  /** A remote proxy with two services of one origin proxy. */
  private record TwoServices(
      RoleProcess remote, RoleProcess origin, HostPort flooded, HostPort other)
      implements AutoCloseable {

    static TwoServices start(HostPort floodedServer, HostPort otherServer, String... more)
        throws IOException {
      HostPort flooded = Ports.reserve();
      HostPort other = Ports.reserve();
      RemoteProcess remote =
          Launcher.USUAL.remoteAt(
              Ports.reserve(),
              other,
              List.of(List.of(more), List.of("--outside-addr=flooded=" + flooded)).stream()
                  .flatMap(List::stream)
                  .toArray(String[]::new));
      RoleProcess origin =
          remote.origin(otherServer, "--origin-server-addr=flooded=" + floodedServer);
      return new TwoServices(remote.role(), origin, flooded, other);
    }

    /** Waits until both services are offered. */
    void awaitServing() throws IOException {
      origin.line();
      origin.line();
    }

    @Override
    public void close() {
      origin.close();
      remote.close();
    }
  }

  private static void deadServiceDoesNotHurtOthers(Duration duration) throws Exception {
    try (var dead = new UnansweredAddress();
        var server = TestServer.echo();
        var services = TwoServices.start(HostPort.of(dead.address()), server.address())) {
      services.awaitServing();
      Canary quiet = Canary.visitQuiet(services.other());
      Canary canary;
      long sent;
      try (var flood = VisitorFlood.ofRate(services.flooded(), SOURCE, VISITORS_A_SECOND)) {
        canary = Canary.visit(services.other(), duration);
        sent = flood.opened();
      }
      System.out.println(sent + " visitors of a dead service: " + canary.comparedWith(quiet));
      assertThat(sent).isGreaterThan(VISITORS_A_SECOND * duration.toSeconds() / 2);
      canary.assertServed();
      assertThat(services.remote().err().lines("ERROR")).isEmpty();
      assertThat(services.origin().err().lines("ERROR")).isEmpty();
    }
  }

  @Test
  void visitorsOfADeadServiceDoNotHurtOthers() throws Exception {
    deadServiceDoesNotHurtOthers(BRIEFLY);
  }

  @Test
  @Tag("full")
  void visitorsOfADeadServiceForLongDoNotHurtOthers() throws Exception {
    deadServiceDoesNotHurtOthers(LONG);
  }

  private static void idleVisitorsDoNotHurtOthers(Duration duration) throws Exception {
    try (var server = TestServer.echo();
        var services =
            TwoServices.start(
                server.address(), server.address(), "--max-visitors=" + IDLE_VISITORS)) {
      services.awaitServing();
      Canary quiet = Canary.visitQuiet(services.other());
      Canary canary;
      try (var flood = VisitorFlood.of(services.flooded(), SOURCE, IDLE_VISITORS)) {
        canary = Canary.visit(services.other(), duration);
        assertThat(flood.opened()).isEqualTo(IDLE_VISITORS);
      }
      System.out.println("idle visitors of one address: " + canary.comparedWith(quiet));
      canary.assertServed();
      assertThat(services.remote().err().lines("visitor reset", "share of this service"))
          .hasSize(1);
    }
  }

  @Test
  void idleVisitorsOfOneAddressDoNotHurtOthers() throws Exception {
    idleVisitorsDoNotHurtOthers(Duration.ofSeconds(2));
  }

  @Test
  @Tag("full")
  void idleVisitorsOfOneAddressForLongDoNotHurtOthers() throws Exception {
    idleVisitorsDoNotHurtOthers(LONG);
  }
}
