package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import culvert.testing.Seed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many streams at once, in every order. */
@ExtendWith(LeakCheck.class)
@Timeout(180)
class LinkLoadTest {

  private static final int MEGABYTE = 1 << 20;

  @Test
  void tenThousandStreamsReceiveTheirOwnBytes() throws Exception {
    Random random = Seed.random("tenThousandStreams");
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      // All at once would only measure the test: a few hundred under way are as many orders.
      var places = new Semaphore(500);
      inParallel(
          10_000,
          i -> {
            byte[] bytes = randomBytes(new Random(random.nextLong()), 3000);
            places.acquire();
            try {
              assertEcho(links, bytes);
            } finally {
              places.release();
            }
          });
      links.assertNothingHeld();
    }
  }

  @Test
  void tenThousandStreamsAreOpenConcurrently() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      List<MuxStream> streams = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        streams.add(links.open());
      }
      for (MuxStream stream : streams) {
        stream.output().write(1);
      }
      for (MuxStream stream : streams) {
        assertThat(stream.input().read()).isEqualTo(1);
        stream.closeOutput();
      }
      for (MuxStream stream : streams) {
        assertThat(stream.input().read()).isEqualTo(-1);
      }
      links.assertNothingHeld();
    }
  }

  @Test
  void randomWritesResetsAndHalfClosesLoseNothing() throws Exception {
    Random random = Seed.random("randomInterleavings");
    var pipe = new MemoryPipe(1000, 333);
    try (var links = new LinkPair(pipe.near(), pipe.far(), LinkTest::echo)) {
      inParallel(300, i -> live(links, new Random(random.nextLong())));
      links.assertNothingHeld();
    }
  }

  private static void live(LinkPair links, Random random) throws Exception {
    for (int round = 0; round < 10; round++) {
      if (random.nextInt(4) == 0) {
        MuxStream doomed = random.nextBoolean() ? links.open() : links.begin();
        if (random.nextBoolean()) {
          doomed.output().write(randomBytes(random, 2000));
        }
        doomed.reset();
      } else {
        assertEcho(links, randomBytes(random, 5000));
      }
    }
  }

  /** The case that stopped for ever when the reader queued its grants behind payload. */
  @Test
  void bulkStreamsInBothDirectionsFinishWithSmallSocketBuffers() throws Exception {
    try (var pair = Loopback.open(64 * 1024);
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      inParallel(64, i -> assertEcho(links, randomBytes(new Random(i), 2 * MEGABYTE)));
      links.assertNothingHeld();
    }
  }

  /** There is no flow control for the link as a whole: unread streams must not block others. */
  @Test
  void keystrokeEchoesWhileOtherStreamsAreUnread() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkLoadTest::floodOrEcho)) {
      List<MuxStream> stuck = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        MuxStream stream = links.open();
        stream.output().write('f');
        stuck.add(stream);
      }
      MuxStream keyboard = links.open();
      for (int i = 0; i < 100; i++) {
        keyboard.output().write('k');
        assertThat(keyboard.input().read()).isEqualTo('k');
      }
      stuck.forEach(MuxStream::reset);
      keyboard.closeOutput();
      assertThat(keyboard.input().read()).isEqualTo(-1);
      links.assertNothingHeld();
    }
  }

  private static void floodOrEcho(MuxStream stream) {
    try {
      int first = stream.input().read();
      if (first == 'k') {
        stream.output().write(first);
        LinkTest.echo(stream);
        return;
      }
      byte[] flood = new byte[64 * 1024];
      while (true) {
        stream.output().write(flood);
      }
    } catch (IOException e) {
      stream.reset();
    }
  }

  private static void assertEcho(LinkPair links, byte[] bytes) throws Exception {
    MuxStream stream = links.open();
    Thread writer =
        Threads.start(
            "writer",
            () -> {
              try {
                stream.output().write(bytes);
                stream.closeOutput();
              } catch (IOException e) {
                stream.reset();
              }
            });
    assertThat(stream.input().readAllBytes()).isEqualTo(bytes);
    writer.join();
  }

  private static byte[] randomBytes(Random random, int most) {
    byte[] bytes = new byte[random.nextInt(most) + 1];
    random.nextBytes(bytes);
    return bytes;
  }

  private interface Work {
    void run(int i) throws Exception;
  }

  private static void inParallel(int times, Work work) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        int number = i;
        Callable<Void> task =
            () -> {
              work.run(number);
              return null;
            };
        all.add(threads.submit(task));
      }
      for (Future<Void> one : all) {
        one.get(120, TimeUnit.SECONDS);
      }
    }
  }
}
