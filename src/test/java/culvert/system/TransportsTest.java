package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The guarantees of a tunnel hold for every transport. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TransportsTest {

  private static final int MEGABYTE = 1 << 20;
  private static final long BULK_BYTES = 64L << 20;
  private static final int VISITORS = 200;

  @TempDir private Path folder;

  private static void assertNothingHeld(RolePair tunnel) throws Exception {
    tunnel.close();
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          assertThat(tunnel.remote().borrowedBuffers()).as("buffers of the remote side").isZero();
          assertThat(tunnel.origin().borrowedBuffers()).as("buffers of the origin side").isZero();
          assertThat(tunnel.remote().heldBytes() + tunnel.origin().heldBytes()).isZero();
        });
  }

  @ParameterizedTest
  @EnumSource
  void visitorReceivesAMegabyteAfterAHalfClose(TransportVariant transport) throws Exception {
    try (var server =
            new TestServer(c -> {
              byte[] all = c.getInputStream().readAllBytes();
              c.getOutputStream().write(new byte[MEGABYTE]);
              c.getOutputStream().write(all);
            });
        var tunnel = RolePair.to(server.address(), transport.options(folder))) {
      try (Socket visitor = tunnel.visit()) {
        visitor.getOutputStream().write(7);
        visitor.shutdownOutput();
        assertThat(visitor.getInputStream().readNBytes(MEGABYTE)).hasSize(MEGABYTE);
        assertThat(visitor.getInputStream().readAllBytes()).containsExactly(7);
      }
      tunnel.awaitLog("relay ended", "reason=done");
      assertNothingHeld(tunnel);
    }
  }

  @ParameterizedTest
  @EnumSource
  void resetIsForwardedInBothDirections(TransportVariant transport) throws Exception {
    var seen = new CompletableFuture<Boolean>();
    try (var server =
            new TestServer(c -> {
              if (c.getInputStream().read() == 'r') {
                c.getOutputStream().write(new byte[1000]);
                c.setSoLinger(true, 0);
                return;
              }
              c.getOutputStream().write(1);
              try {
                c.getInputStream().readAllBytes();
                seen.complete(false);
              } catch (IOException e) {
                seen.complete(true);
              }
            });
        var tunnel = RolePair.to(server.address(), transport.options(folder))) {
      try (Socket visitor = tunnel.visit()) {
        visitor.getOutputStream().write('r');
        assertThatThrownBy(() -> visitor.getInputStream().readAllBytes())
            .isInstanceOf(IOException.class)
            .hasMessageContaining("reset");
      }
      try (Socket visitor = tunnel.visit()) {
        visitor.getOutputStream().write('x');
        assertThat(visitor.getInputStream().read()).isEqualTo(1);
        visitor.setSoLinger(true, 0);
      }
      assertThat(seen.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      tunnel.awaitLog("relay ended", "reason=origin-reset");
      tunnel.awaitLog("relay ended", "reason=visitor-reset");
    }
  }

  @ParameterizedTest
  @EnumSource
  void concurrentVisitorsReceiveTheirOwnBytes(TransportVariant transport) throws Exception {
    try (var transfers = new VerifiedTransfers();
        var tunnel = RolePair.to(transfers.server(), transport.options(folder))) {
      var visits = new ArrayList<FutureTask<Boolean>>();
      for (int i = 0; i < VISITORS; i++) {
        long seed = i;
        int bytes = 97 * i;
        visits.add(
            start("visit", () -> transfers.visit(tunnel.outside(), seed, bytes, 30_000 - bytes)));
      }
      for (FutureTask<Boolean> visit : visits) {
        visit.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(transfers.faults()).isEmpty();
      assertThat(transfers.complete()).isEqualTo(VISITORS);
      assertNothingHeld(tunnel);
    }
  }

  @ParameterizedTest
  @EnumSource
  void concurrentBulkInBothDirectionsIsUnchanged(TransportVariant transport) throws Exception {
    var up = new CompletableFuture<Long>();
    var down = new CompletableFuture<Long>();
    try (var server =
            new TestServer(c -> {
              var sending = start("download", () -> send(c.getOutputStream(), 2));
              up.complete(RandomBytes.receive(c.getInputStream(), BULK_BYTES));
              down.complete(sending.get());
            });
        var tunnel = RolePair.to(server.address(), transport.options(folder))) {
      try (Socket visitor = tunnel.visit()) {
        var sending = start("upload", () -> send(visitor.getOutputStream(), 1));
        assertThat(RandomBytes.receive(visitor.getInputStream(), BULK_BYTES)).isEqualTo(down.get());
        assertThat(up.get()).isEqualTo(sending.get());
      }
      assertNothingHeld(tunnel);
    }
  }

  private static long send(OutputStream out, long seed) throws IOException {
    return new RandomBytes(seed).send(out, BULK_BYTES).sum();
  }

  @ParameterizedTest
  @EnumSource
  void reconnectedOriginProxyServesAgain(TransportVariant transport) throws Exception {
    var options = transport.options(folder);
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options);
        var back = new RolePair(server.address(), options, tunnel.remote().controlAddress());
        var third = new RolePair(server.address(), options, tunnel.remote().controlAddress())) {
      assertEchoes(tunnel);
      tunnel.origin().close();
      back.join();
      back.awaitLog("session started");
      assertEchoes(tunnel);
      third.join();
      third.awaitLog("session started");
      assertThat(back.end()).isEqualTo(OriginProxy.End.SUPERSEDED);
      assertEchoes(tunnel);
      assertThat(tunnel.remote().counters().get(Counter.SESSIONS)).isEqualTo(3);
    }
  }

  private static void assertEchoes(RolePair tunnel) throws IOException {
    try (Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write('a');
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
    }
  }

  @ParameterizedTest
  @EnumSource
  void brokenLinkResetsVisitorsWithoutACleanEnd(TransportVariant transport) throws Exception {
    var endless = new AtomicBoolean(true);
    try (var server =
            new TestServer(c -> {
              do {
                c.getOutputStream().write(new byte[1 << 16]);
              } while (endless.get());
            });
        var tunnel =
            RolePair.overFaultyLink(server.address(), transport.options(folder).retrying());
        Socket visitor = tunnel.visit()) {
      visitor.getInputStream().skipNBytes(4 * MEGABYTE);
      tunnel.link().breakAll();
      assertThatThrownBy(() -> visitor.getInputStream().transferTo(OutputStream.nullOutputStream()))
          .isInstanceOf(IOException.class);
      endless.set(false);
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            try (Socket next = tunnel.visit()) {
              assertThat(next.getInputStream().read()).isZero();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
    }
  }

  private static <T> FutureTask<T> start(String name, Callable<T> work) {
    var task = new FutureTask<>(work);
    Threads.start(name, task);
    return task;
  }
}
