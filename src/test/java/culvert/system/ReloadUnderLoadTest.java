package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.RunningRoles;
import culvert.testing.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Reloads of both roles while visitors of a service that does not change transfer bytes, each of
 * which is verified.
 */
@ExtendWith(LeakCheck.class)
class ReloadUnderLoadTest {

  private static final int VISITORS = 4;
  private static final int LONG_TRANSFER_BYTES = 8 << 20;

  private final Random random = Seed.random("ReloadUnderLoadTest");
  private final AtomicBoolean isOver = new AtomicBoolean();
  private HostPort web;
  private VerifiedTransfers transfers;

  @Test
  @Timeout(60)
  void visitorsOfAnUnchangedServiceAreNotInterrupted() throws Exception {
    reload(15);
  }

  @Test
  @Tag("full")
  @Timeout(600)
  void twoHundredReloadsLeaveNothingBehind() throws Exception {
    reload(200);
  }

  private void reload(int times) throws Exception {
    try (var reserved = new ReservedPorts();
        var verified = new VerifiedTransfers()) {
      web = reserved.next();
      transfers = verified;
      reload(times, reserved.next(), reserved.next(), reserved.next(), reserved.next());
    }
  }

  private void reload(int times, HostPort... ports) throws Exception {
    try (var roles = new RunningRoles(new RolePair.Options().retrying(), "web=" + web)) {
      roles.join("web=" + transfers.server());
      assertThat(transfers.visit(web, 1, 1, 1)).isTrue();
      List<CompletableFuture<Void>> visitors = startVisitors();
      for (int i = 0; i < times; i++) {
        roles.reloadRemote(outside(ports));
        roles.reloadOrigin(origins(transfers.server()));
      }
      isOver.set(true);
      for (CompletableFuture<Void> visitor : visitors) {
        visitor.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(transfers.faults()).isEmpty();
      assertThat(transfers.toString()).contains(" 0 broken");
      assertThat(roles.log()).doesNotContain("session ended", "session lost", "internal error");
      roles.reloadRemote("web=" + web);
      roles.reloadOrigin("web=" + transfers.server());
      Eventually.within(
          RolePair.LIMIT,
          () ->
              assertThat(Threads.live())
                  .filteredOn(name -> name.startsWith("accept visitor"))
                  .containsExactly("accept visitor " + web));
    }
  }

  private List<CompletableFuture<Void>> startVisitors() {
    var visitors = new ArrayList<CompletableFuture<Void>>();
    visitors.add(start(this::downloadRepeatedly));
    for (int i = 0; i < VISITORS; i++) {
      int seed = 3 + i;
      visitors.add(start(() -> visitRepeatedly(new Random(seed))));
    }
    return visitors;
  }

  private static CompletableFuture<Void> start(Runnable visits) {
    var end = new CompletableFuture<Void>();
    Threads.start(
        "visitor of the test",
        () -> {
          try {
            visits.run();
            end.complete(null);
          } catch (RuntimeException | Error e) {
            end.completeExceptionally(e);
          }
        });
    return end;
  }

  private void downloadRepeatedly() {
    while (!isOver.get()) {
      transfers.visit(web, 2, 1, LONG_TRANSFER_BYTES);
    }
  }

  private void visitRepeatedly(Random sizes) {
    while (!isOver.get()) {
      transfers.visit(web, sizes.nextLong(), sizes.nextInt(50_000), sizes.nextInt(50_000));
    }
  }

  /** Returns the service that does not change, and some of the others at ports in any order. */
  private String[] outside(HostPort... ports) {
    var services = new ArrayList<String>(List.of("web=" + web));
    int first = random.nextInt(ports.length);
    int count = random.nextInt(ports.length + 1);
    for (int i = 0; i < count; i++) {
      services.add("s" + i + "=" + ports[(first + i) % ports.length]);
    }
    return services.toArray(String[]::new);
  }

  private String[] origins(HostPort server) {
    var services = new ArrayList<String>(List.of("web=" + server));
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      services.add("s" + i + "=" + server);
    }
    return services.toArray(String[]::new);
  }
}
