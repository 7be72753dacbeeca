package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.FaultyLink;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Combines all faults for three minutes, or for {@code -Dculvert.soak.seconds=N}: processes are
 * killed, suspended and stopped, links break or become silent, unauthenticated clients connect, and
 * visitors transfer continuously. Afterwards the remote proxy holds as many resources as before.
 */
@Tag("full")
@Timeout(3600)
class SoakIT {

  private static final Duration LENGTH =
      Duration.ofSeconds(Integer.getInteger("culvert.soak.seconds", 180));
  private static final int VISITORS = 24;
  private static final int MAX_BYTES = 4 << 20;
  private static final String[] ROLE = {
    "--heartbeat=500ms", "--heartbeat-timeout=2s", "--drain-timeout=2s"
  };

  private final Random random = Seed.random("soak");
  private final List<RoleProcess> frozen = new ArrayList<>();
  private RemoteProcess remote;

  /** An origin proxy and its link. */
  private final class Origin {
    final String name;
    final FaultyLink link;
    RoleProcess role;

    Origin(String name) throws IOException {
      this.name = name;
      this.link = new FaultyLink(remote.control());
    }

    void start(HostPort server) throws IOException {
      var options = new ArrayList<>(List.of(ROLE));
      options.add("--name=" + name);
      options.add("--share");
      options.add("--retry-max=1s");
      role = Launcher.USUAL.origin(link.address(), server, options.toArray(String[]::new));
    }
  }

  @Test
  void noByteIsWrongAndNoInterruptedTransferIsReportedAsComplete() throws Exception {
    try (var transfers = new VerifiedTransfers()) {
      remote = Launcher.USUAL.remote(ROLE);
      List<Origin> origins = List.of(new Origin("one"), new Origin("other"));
      try {
        for (Origin origin : origins) {
          origin.start(transfers.server());
        }
        awaitServing(transfers);
        ProcessResources before = remote.role().settledFootprint();
        soak(transfers, origins);
        resume();
        awaitServing(transfers);
        System.out.println(
            "soak: " + transfers + "; " + before + " became " + remote.role().footprint());
        assertThat(transfers.faults()).isEmpty();
        assertThat(transfers.complete()).isGreaterThan(VISITORS);
        Eventually.within(
            RolePair.LIMIT,
            () ->
                assertThat(remote.role().footprint().sockets())
                    .isLessThanOrEqualTo(before.sockets() + 2));
      } finally {
        resume();
        origins.forEach(origin -> origin.role.close());
        origins.forEach(origin -> origin.link.close());
        remote.close();
      }
    }
  }

  private void soak(VerifiedTransfers transfers, List<Origin> origins) throws Exception {
    long until = System.nanoTime() + LENGTH.toNanos();
    var places = new Semaphore(VISITORS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long nextFault = System.nanoTime();
      while (System.nanoTime() < until) {
        if (System.nanoTime() >= nextFault) {
          fault(transfers, origins.get(random.nextInt(origins.size())));
          nextFault = System.nanoTime() + Duration.ofMillis(200 + random.nextInt(2000)).toNanos();
        }
        places.acquire();
        long seed = random.nextLong();
        int up = random.nextInt(1, 1 + random.nextInt(1, MAX_BYTES));
        int down = random.nextInt(1, 1 + random.nextInt(1, MAX_BYTES));
        HostPort outside = remote.outside();
        threads.submit(() -> {
          try {
            return transfers.visit(outside, seed, up, down);
          } finally {
            places.release();
          }
        });
      }
    }
  }

  private void fault(VerifiedTransfers transfers, Origin origin) throws Exception {
    int which = random.nextInt(9);
    System.out.println("soak: fault " + which + " for " + origin.name + ", " + transfers);
    switch (which) {
      case 0 -> {
        origin.role.kill();
        origin.start(transfers.server());
      }
      case 1 -> {
        resume();
        origin.role.signal("TERM");
        origin.role.await();
        origin.start(transfers.server());
      }
      case 2 -> {
        origin.role.signal("STOP");
        frozen.add(origin.role);
      }
      case 3 -> resume();
      case 4 -> origin.link.breakAll();
      case 5 -> origin.link.silence();
      case 6 -> {
        remote.role().kill();
        remote = remote.again(ROLE);
      }
      case 7 -> {
        resume();
        remote.role().signal("TERM");
        remote.role().await();
        remote = remote.again(ROLE);
      }
      default -> connectUnauthenticated();
    }
  }

  private void resume() throws Exception {
    for (RoleProcess role : frozen) {
      if (role.process().isAlive()) {
        role.signal("CONT");
      }
    }
    frozen.clear();
  }

  private void connectUnauthenticated() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      for (int i = 0; i < 30; i++) {
        var unauthenticated = new Socket(remote.control().host(), remote.control().port());
        sockets.add(unauthenticated);
        unauthenticated.getOutputStream().write(noise);
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private void awaitServing(VerifiedTransfers transfers) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (!transfers.visit(remote.outside(), random.nextLong(), 1000, 1000)) {
            throw new AssertionError("no visitor is served");
          }
        });
  }
}
