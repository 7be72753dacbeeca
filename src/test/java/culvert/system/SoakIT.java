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
 * Three minutes of all faults at once, or as many seconds as {@code -Dculvert.soak.seconds=N} sets:
 * processes are killed, frozen and stopped, links break and fall silent, unknown clients connect,
 * and visitors never cease. Afterwards the remote proxy holds what it held before.
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

  /** An origin proxy, and the link that it joins over. */
  private final class Origin {
    final String name;
    final FaultyLink link;
    RoleProcess role;

    Origin(String name) throws IOException {
      this.name = name;
      this.link = new FaultyLink(remote.control());
    }

    void start(HostPort server) throws IOException {
      var words = new ArrayList<>(List.of(ROLE));
      words.add("--name=" + name);
      words.add("--retry-max=1s");
      role = Launcher.USUAL.origin(link.address(), server, words.toArray(String[]::new));
    }
  }

  @Test
  void whateverFailsNoByteIsWrongAndNoCutLooksComplete() throws Exception {
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
        thaw();
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
        thaw();
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
        thaw();
        origin.role.signal("TERM");
        origin.role.await();
        origin.start(transfers.server());
      }
      case 2 -> {
        origin.role.signal("STOP");
        frozen.add(origin.role);
      }
      case 3 -> thaw();
      case 4 -> origin.link.breakAll();
      case 5 -> origin.link.silence();
      case 6 -> {
        remote.role().kill();
        remote = remote.again(ROLE);
      }
      case 7 -> {
        thaw();
        remote.role().signal("TERM");
        remote.role().await();
        remote = remote.again(ROLE);
      }
      default -> strangers();
    }
  }

  private void thaw() throws Exception {
    for (RoleProcess role : frozen) {
      if (role.process().isAlive()) {
        role.signal("CONT");
      }
    }
    frozen.clear();
  }

  private void strangers() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      for (int i = 0; i < 30; i++) {
        var stranger = new Socket(remote.control().host(), remote.control().port());
        sockets.add(stranger);
        stranger.getOutputStream().write(noise);
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
